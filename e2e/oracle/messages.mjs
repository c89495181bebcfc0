// Formats every case on standard input with FormatJS, the ICU MessageFormat of the web, and answers what it wrote.
// In: [{locale, text, args}]. Out: [string]. A case that FormatJS refuses answers "error: …".
import { IntlMessageFormat } from "intl-messageformat";
import { readFileSync } from "node:fs";

// Our number styles in Intl's words. Digits are the language's own, as CLDR has them for Afghanistan.
const formats = {
  number: {
    integer: { maximumFractionDigits: 0 },
    percent: { style: "percent", maximumFractionDigits: 1 },
    plain: { useGrouping: false, maximumFractionDigits: 0 },
  },
};
const parsed = new Map();
const out = JSON.parse(readFileSync(0, "utf8")).map(({ locale, text, args }) => {
  try {
    const key = locale + "\n" + text;
    if (!parsed.has(key)) parsed.set(key, new IntlMessageFormat(text, locale, formats, { ignoreTag: true }));
    return parsed.get(key).format(args);
  } catch (e) {
    return "error: " + e.message;
  }
});
process.stdout.write(JSON.stringify(out));
