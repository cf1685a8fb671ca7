// Values and how they read
const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const unknown = '–';
const reads = (value, how) => number(value) === null ? unknown : how(value);
const count = value => reads(value, v => grouped.format(v));
const percent = value => reads(value, v => (v * 100).toFixed(2) + '%');
const nats = value => reads(value, v => v !== 0 && (v >= 1e5 || v < 1e-4) ? v.toExponential(2) : v.toFixed(4));
const seconds = value => reads(value, v => v < 0.1 ? (v * 1000).toFixed(1) + ' ms' : v < 100 ? v.toFixed(v < 10 ? 2 : 1) + ' s' : duration(v));
const bytes = value => reads(value, v => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (v >= 999.5 && unit < units.length - 1) { v /= 1000; unit += 1; }
  return (unit === 0 || v >= 99.95 ? v.toFixed(0) : v.toFixed(1)) + ' ' + units[unit];
});
const two = value => String(value).padStart(2, '0');
const duration = value => reads(value, v => {
  const whole = Math.max(0, Math.round(v)), hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
});
const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
const words = (value, limit = 300) => {
  if (value === null || value === undefined) return unknown;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > limit ? text.slice(0, limit) + '…' : text;
};
const milliseconds = value => {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? null : time;
};
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const clock = time => {
  const date = new Date(time), today = new Date(now());
  const hour = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (!isReport && date.toDateString() === today.toDateString()) return hour;
  const year = !isReport && date.getFullYear() === today.getFullYear() ? '' : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${months[date.getMonth()]}${year} ${hour}`;
};
const moment = value => { const time = milliseconds(value); return time === null ? unknown : clock(time); };
const ago = value => {
  const time = milliseconds(value);
  if (time === null) return unknown;
  const passed = (now() - time) / 1000;
  if (isReport || passed > 86400) return clock(time);
  if (passed < 1.5) return 'now';
  return passed < 120 ? `${Math.floor(passed)} s ago` : passed < 7200 ? `${Math.floor(passed / 60)} min ago` : `${Math.floor(passed / 3600)} h ago`;
};
