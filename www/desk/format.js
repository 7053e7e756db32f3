/**
 * Money and dates, formatted by the browser's language and parsed from what staff type. Nothing is fetched or stored here.
 */

const moneys = new Map();

/** Minor units as an amount: `money(24900, "NOK")`. */
export function money(value, currency) {
  if (!moneys.has(currency)) moneys.set(currency, new Intl.NumberFormat(undefined, { style: "currency", currency }));
  return moneys.get(currency).format(value / 100);
}

const plain = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false });

/** Minor units in the format of an input field. */
export const typed = (value) => plain.format(value / 100);

/**
 * Parses a typed amount into minor units; undefined for an ambiguous one. `1.249` may be a thousand or a little more than one, so it is
 * refused.
 */
export function minor(text) {
  const parts = text.replace(/[\s\u00a0\u202f]/g, "").match(/^(\d{1,9})(?:[.,](\d{1,2}))?$/);
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0")) : undefined;
}

const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 2 });

/** A rate in hundredths of a percent. */
export const percent = (rate) => percents.format(rate / 10_000);

const days = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const daysOfYears = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const times = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY_MS = 86_400_000;

const isSameDay = (one, other) => new Date(one).toDateString() === new Date(other).toDateString();

/** A time: only the time of day for today, the day and time otherwise. */
export function moment(ms, now = Date.now()) {
  if (isSameDay(ms, now)) return times.format(ms);
  return `${day(ms, now)}, ${times.format(ms)}`;
}

/** A day. */
export function day(ms, now = Date.now()) {
  if (isSameDay(ms, now)) return "today";
  return Math.abs(now - ms) > 300 * DAY_MS ? daysOfYears.format(ms) : days.format(ms);
}

/** A time, in full. */
export const precisely = (ms) => exactly.format(ms);

const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** A time relative to now: "in 3 days", "2 minutes ago". */
export function distance(ms, now = Date.now()) {
  const seconds = Math.round((ms - now) / 1000);
  for (const [unit, length] of [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return seconds < 0 ? "just now" : "in less than a minute";
}
