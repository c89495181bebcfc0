// Builds dist/ from src/ and the packages of package.json: fonts, icon sprite, style sheet, script bundle, mark.
// `go generate` (the second half of `npm run build`) then fingerprints and compresses what is in dist/.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import subsetFont from 'subset-font';

process.chdir(import.meta.dirname);
mkdirSync('dist', { recursive: true });

// The same name as gen/main.go gives: style sheets carry the final addresses, so they are written here.
const address = (name, bytes) => {
  const dot = name.lastIndexOf('.');
  const print = createHash('sha384').update(bytes).digest('hex').slice(0, 12);
  return `/assets/${name.slice(0, dot)}.${print}${name.slice(dot)}`;
};
const addresses = {};
const put = (name, bytes) => {
  writeFileSync(`dist/${name}`, bytes);
  addresses[name] = address(name, bytes);
};
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');

// Fonts: only the letters of our four languages, and only the weights the design uses.
const latin = range(0x20, 0x7e) + range(0xa0, 0xff) + '–—‘’“”•…‹›−€';
const arabic = 'ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيًٌٍَُِّْٰپټچځڅډړږژښکګگڼیۍېۀھ،؛؟٪٫٬٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹\u200c\u200d\u200e\u200f«»';
const vazirmatn = (script) =>
  readFileSync(`node_modules/@fontsource-variable/vazirmatn/files/vazirmatn-${script}-wght-normal.woff2`);
const weights = { wght: { min: 400, max: 700 } };
const woff2 = (font, text, variationAxes) => subsetFont(font, text, { targetFormat: 'woff2', variationAxes });
put('vazirmatn-latin.woff2', await woff2(vazirmatn('latin'), latin, weights));
put('vazirmatn-arabic.woff2', await woff2(vazirmatn('arabic'), arabic, weights));
// The names of the languages stand on every page; without this subset they would pull in the whole Arabic font.
put('vazirmatn-names.woff2', await woff2(vazirmatn('arabic'), 'دری پښتو العربية', { wght: 500 }));
const noto = readFileSync('node_modules/@fontsource/noto-sans-arabic/files/noto-sans-arabic-arabic-400-normal.woff2');
put('afghani.woff2', await woff2(noto, '؋'));

// Icons: one sprite of the used ones.
const icons = JSON.parse(readFileSync('src/icons.json', 'utf8'));
const symbol = (name) => {
  const inner = readFileSync(`node_modules/lucide-static/icons/${name}.svg`, 'utf8')
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, '').replace('</svg>', '').replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>');
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
};
put('sprite.svg', `<svg xmlns="http://www.w3.org/2000/svg">${icons.map(symbol).join('\n')}</svg>\n`);

put('favicon.svg', readFileSync('src/mark.svg'));
put('khatam.svg', readFileSync('src/khatam.svg'));
copyFileSync('src/robots.txt', 'dist/robots.txt');

// Style sheet.
execFileSync('node_modules/.bin/tailwindcss', ['-i', 'src/app.css', '-o', 'dist/app.css', '--minify'], { stdio: 'inherit' });
const css = readFileSync('dist/app.css', 'utf8').replace(/url\(["']?\.\/([\w.-]+)["']?\)/g, (_, name) => {
  if (!addresses[name]) throw new Error(`src/app.css names ${name}, which the build does not make`);
  return `url(${addresses[name]})`;
});
put('app.css', css);

// One script: with separate files htmx could process the page before our Trusted Types policy is registered.
const portal = buildSync({ entryPoints: ['src/portal.js'], bundle: true, minify: true, target: 'es2022', format: 'iife', charset: 'utf8', write: false }).outputFiles[0].text;
const stripMap = (js) => js.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
put('boot.js', buildSync({ entryPoints: ['src/boot.js'], bundle: true, minify: true, target: 'es2022', format: 'iife', charset: 'utf8', write: false }).outputFiles[0].text);
put('app.js', [
  stripMap(readFileSync('node_modules/dompurify/dist/purify.min.js', 'utf8')),
  stripMap(readFileSync('node_modules/htmx.org/dist/htmx.min.js', 'utf8')),
  portal,
].join(';\n'));
