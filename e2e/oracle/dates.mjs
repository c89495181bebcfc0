// Writes days and numbers with Intl. In: {days: [unix seconds], numbers: [number], locales: [tag]}.
// Out: {solar: [[y, m, d]], gregorian: {tag: [text]}, numbers: {tag: [text]}}, all in Asia/Kabul.
import { readFileSync } from "node:fs";

const { days, numbers, locales } = JSON.parse(readFileSync(0, "utf8"));
const persian = new Intl.DateTimeFormat("en-u-ca-persian-nu-latn", { year: "numeric", month: "numeric", day: "numeric", timeZone: "Asia/Kabul" });
const solar = days.map((s) => {
  const part = Object.fromEntries(persian.formatToParts(s * 1000).map((p) => [p.type, p.value]));
  return [Number(part.year), Number(part.month), Number(part.day)];
});
const english = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "Asia/Kabul" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "Asia/Kabul" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "Asia/Kabul" });
process.stdout.write(
  JSON.stringify({
    solar,
    english: days.map((s) => `${english.format(s * 1000)}, ${clock.format(s * 1000)}`),
    weekdays: days.map((s) => weekday.format(s * 1000)),
    numbers: Object.fromEntries(locales.map((l) => [l, numbers.map((n) => new Intl.NumberFormat(l, { maximumFractionDigits: 3 }).format(n))])),
  }),
);
