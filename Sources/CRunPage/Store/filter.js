// The filter: words that must all be there, `tag:x`, `state:running`, `accuracy>0.9`; a "-" before one turns it round
const folded = value => String(value).normalize('NFC').toLowerCase();
const texts = value => list(value).filter(one => typeof one === 'string');

/// What a word with a colon looks into; a run has several tags, but one of everything else.
const textKeys = {
  tag: (run, text) => run.tags.some(tag => folded(tag) === text),
  state: (run, text) => folded(run.state).startsWith(text),
};
for (const key of ['id', 'name', 'note', 'data', 'model', 'strategy', 'division', 'kind', 'title']) {
  textKeys[key] = (run, text) => folded(run[key] ?? '').includes(text);
}
const numberKeys = ['accuracy', 'best', 'loss', 'rounds', 'planned', 'seconds', 'seed', 'clients', 'cohort', 'begun'];
const shares = new Set(['accuracy', 'best']);
const relations = {
  '>': (a, b) => a > b, '<': (a, b) => a < b, '>=': (a, b) => a >= b, '<=': (a, b) => a <= b,
  '=': (a, b) => a === b, ':': (a, b) => a === b,
};

/// The parts of a filter as they stand in it: {source, isNot, key, relation, text}.
function filterParts(text) {
  const pattern = /(-?)(?:([a-z]+)(:|>=|<=|>|<|=))?("(?:[^"\\]|\\.)*"?|\S+)/giu;
  return [...text.matchAll(pattern)].map(([source, minus, key, relation, value]) => {
    const bare = value.startsWith('"') ? value.slice(1).replace(/"$/, '').replace(/\\(.)/g, '$1') : value;
    return {source, isNot: minus !== '', key: key?.toLowerCase(), relation, text: bare};
  });
}

/// A number of a filter: "90%" and "90" are 0.9 where shares are compared; a date is its milliseconds.
function filterNumber(key, text) {
  if (key === 'begun') return /^\d{4}-\d\d/.test(text) ? milliseconds(text) : null;
  if (!/^-?[\d.]+(e-?\d+)?%?$/i.test(text)) return null;
  const value = Number.parseFloat(text);
  return Number.isNaN(value) ? null : text.endsWith('%') || shares.has(key) && value > 1 ? value / 100 : value;
}

/// Whether a run fits, as a function; what can't be understood as key and value is looked for as a word.
function readFilter(text) {
  const all = [], anyOf = new Map();
  for (const part of filterParts(text)) {
    const wanted = folded(part.text), compared = numberKeys.includes(part.key) ? filterNumber(part.key, part.text) : null;
    let test, isEquality = false;
    if (compared !== null) {
      test = run => run.numbers[part.key] !== null && relations[part.relation](run.numbers[part.key], compared);
      isEquality = part.relation === ':' || part.relation === '=';
    } else if (part.relation === ':' && Object.hasOwn(textKeys, part.key)) {
      test = run => textKeys[part.key](run, wanted);
      isEquality = part.key !== 'tag';
    } else {
      const word = part.key === undefined ? wanted : folded(part.source.slice(part.isNot ? 1 : 0));
      test = run => run.hay.includes(word);
    }
    if (part.isNot) all.push(run => !test(run));
    else if (!isEquality) all.push(test);
    // A run has one state, so two of them can only mean either.
    else anyOf.set(part.key, [...anyOf.get(part.key) ?? [], test]);
  }
  for (const tests of anyOf.values()) all.push(run => tests.some(test => test(run)));
  return run => all.every(test => test(run));
}

const hasPart = (text, key, value) => filterParts(text).some(part => !part.isNot && part.key === key && part.relation === ':' && folded(part.text) === folded(value));
/// The filter with that word, or without it if it has it.
function toggledFilter(text, key, value) {
  const parts = filterParts(text), others = parts.filter(part => part.isNot || part.key !== key || part.relation !== ':' || folded(part.text) !== folded(value));
  const quoted = /[\s"\\]/u.test(value) || value === '' ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
  return [...others.map(part => part.source), ...others.length === parts.length ? [`${key}:${quoted}`] : []].join(' ');
}
