// Words and figures in the page's language. Browsers know too little of Pashto to choose its digits by themselves.
const { lang } = document.documentElement;
const digits = /^(fa|ps)\b/.test(lang) ? 'arabext' : 'latn';
const format = new Intl.NumberFormat(lang, { numberingSystem: digits });

export const number = (n) => format.format(n);
export const words = () => document.getElementById('words')?.dataset ?? {};
