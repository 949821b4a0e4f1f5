// Formats numbers, money, times and durations by language.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

export class Formats {
  constructor(words, locale, zone) {
    this.words = words;
    this.locale = locale || words.locale;
    this.zone = zone;
    this.made = new Map();
  }

  number(value, options = {}) {
    const key = JSON.stringify(options);
    if (!this.made.has(key)) this.made.set(key, new Intl.NumberFormat(this.locale, options));
    return this.made.get(key).format(value);
  }

  decimals(value, decimals) {
    return this.number(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }

  percent(value, decimals = 1) {
    return this.number(value, { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }

  money(value, currency) {
    if (!currency) return this.decimals(value, 2);
    const whole = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0, minimumFractionDigits: 0 } : {};
    return this.number(value, { style: "currency", currency, ...whole });
  }

  duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (part) => String(Math.floor(part)).padStart(2, "0");
    if (whole < MINUTE) return `${whole}\u00a0s`;
    if (whole < HOUR) return `${Math.floor(whole / MINUTE)}\u00a0min\u00a0${two(whole % MINUTE)}`;
    if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)}\u00a0h\u00a0${two((whole % HOUR) / MINUTE)}`;
    return `${this.decimals(whole / DAY, 1)}\u00a0${this.words.days}`;
  }

  // How long something has lasted, as one says it: by the minute from the first on.
  lasting(seconds) {
    const minutes = Math.floor(Math.max(0, seconds) / MINUTE);
    return minutes < 1 || minutes >= 60 ? this.duration(seconds) : `${minutes}\u00a0min`;
  }

  // Hours and minutes, however many.
  hours(seconds) {
    const minutes = Math.round(seconds / MINUTE);
    return `${this.number(Math.floor(minutes / 60))}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}`;
  }

  // A KPI's value; money is a decimal string.
  value(value, unit, currency) {
    if (value === null || value === undefined) return "–";
    const number = Number(value);
    if (unit === "ratio") return this.percent(number, number === 1 || number === 0 ? 0 : 1);
    if (unit === "money") return this.money(number, currency);
    if (unit === "seconds") return this.duration(number);
    if (unit === "factor") return `×\u00a0${this.decimals(number, 1)}`;
    if (unit === "per_1000") return this.decimals(number, 1);
    return this.number(number, { maximumFractionDigits: 1 });
  }

  // A target, or a limit in seconds, as it was set: without extra decimals.
  round(value, unit, currency) {
    if (unit === "ratio") return this.number(value, { style: "percent", maximumFractionDigits: 1 });
    if (unit === "money" && currency && Number.isInteger(value)) {
      return this.number(value, { style: "currency", currency, maximumFractionDigits: 0, minimumFractionDigits: 0 });
    }
    if (unit === "seconds" && value >= HOUR && value % HOUR === 0) return `${this.number(value / HOUR)}\u00a0h`;
    if (unit === "seconds" && value >= MINUTE && value % MINUTE === 0) return `${this.number(value / MINUTE)}\u00a0min`;
    return this.value(value, unit, currency);
  }

  // The change of a value, with its sign.
  change(value, unit, currency) {
    return this.changed(value, unit, currency).replace("-", "−");
  }

  changed(value, unit, currency) {
    const sign = { signDisplay: "exceptZero" };
    if (unit === "ratio") return `${this.number(value * 100, { ...sign, maximumFractionDigits: 1 })}\u00a0${this.words.points}`;
    if (unit === "money" && currency) return this.number(value, { ...sign, style: "currency", currency });
    if (unit === "seconds") return `${value < 0 ? "-" : "+"}${this.duration(Math.abs(value))}`;
    return this.number(value, { ...sign, maximumFractionDigits: 1 });
  }

  time(ms, seconds = true) {
    return this.clock(seconds).format(ms);
  }

  clock(seconds) {
    const key = `clock ${seconds}`;
    if (!this.made.has(key)) {
      const options = { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}), timeZone: this.zone };
      this.made.set(key, new Intl.DateTimeFormat(this.locale, options));
    }
    return this.made.get(key);
  }
}

// "ada lovelace" → "AL", "rep-04" → "R04", "Éloïse" → "É".
export function initials(name) {
  const found = String(name).match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? [];
  const short = found.map((word) => (/\p{N}/u.test(word[0]) ? word : Array.from(word)[0].toLocaleUpperCase())).join("");
  return short.slice(0, 8) || "·";
}
