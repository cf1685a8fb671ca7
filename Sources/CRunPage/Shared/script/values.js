// Whatever comes from a run is put on the page as text, never as markup.
/// Whole numbers past 2⁵³, such as a seed, stay the digits that were sent. Only where there may be such
/// numbers is each value looked at, which takes far longer than the parsing.
const parse = text => !/(?<![.\d])\d{16}/.test(text) ? JSON.parse(text) : JSON.parse(text, (key, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value);
const inlined = parse(byId('inlined').textContent);
const isReport = inlined !== null;
let skew = 0; // the server's clock minus this one's, in ms
let stoppedAt = null; // when the connection was lost, by the server's clock
const now = () => stoppedAt ?? Date.now() + skew;

const number = value => typeof value === 'number' && Number.isFinite(value) ? value : null;
const list = value => Array.isArray(value) ? value : [];
const record = value => value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
