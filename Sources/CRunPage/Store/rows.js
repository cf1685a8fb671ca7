// The rows of the store as they came, with what they are found and sorted by
const store = {runs: new Map(), revision: 0, path: null, version: null, steering: {}};
const stateOrder = ['running', 'paused', 'waiting', 'stalled', 'interrupted', 'failed', 'diverged', 'unfinished', 'target', 'completed'];

/// A number that a picture can have; sums of larger ones are none.
const drawable = value => number(value) === null ? null : Math.max(-1e100, Math.min(1e100, value));
let arrivals = 0; // a row that has changed has another key
/// A row as the page uses it; null for what is none.
function readRow(value) {
  const row = record(value);
  if (typeof row.id !== 'string' || row.id === '') return null;
  const told = key => typeof row[key] === 'string' && row[key] !== '' ? row[key] : null;
  const run = {id: row.id, tags: texts(row.tags), actions: texts(row.actions), spark: list(row.spark).slice(-60).map(drawable), isR2: row.score === 'R²'};
  for (const key of ['name', 'note', 'kind', 'title', 'data', 'division', 'strategy', 'model', 'stateText', 'startedAt']) run[key] = told(key);
  run.state = told('state') ?? 'unknown';
  run.shownName = run.name ?? run.title ?? run.id;
  run.numbers = {begun: milliseconds(row.startedAt)};
  for (const key of numberKeys) if (key !== 'begun') run.numbers[key] = number(row[key]);
  run.hay = folded([run.id, run.name, run.title, ...run.tags, run.data, run.model, run.strategy, run.division, run.note].filter(text => text !== null).join('\n'));
  run.row = row;
  run.key = arrivals += 1;
  return run;
}

/// Takes what /runs answered: all rows, or those changed since a revision. Says which are other than before.
function takeRows(answer, isAll) {
  const changed = new Set(), removed = new Set(texts(answer.removed));
  if (!Array.isArray(answer.runs)) throw new Error('not a list of runs');
  const came = answer.runs.map(readRow).filter(run => run !== null);
  if (isAll) {
    const here = new Set(came.map(run => run.id));
    for (const id of store.runs.keys()) if (!here.has(id)) removed.add(id);
  }
  for (const run of came) {
    const before = store.runs.get(run.id);
    if (before !== undefined && JSON.stringify(before.row) === JSON.stringify(run.row)) continue;
    store.runs.set(run.id, run);
    changed.add(run.id);
  }
  // One that was removed and has come again is there.
  for (const run of came) removed.delete(run.id);
  for (const id of removed) if (store.runs.delete(id)) changed.add(id);
  store.revision = number(answer.revision) ?? 0;
  store.path = typeof answer.store === 'string' ? answer.store : store.path;
  store.version = answer.version ?? null;
  store.steering = record(answer.steering);
  return changed;
}

const collator = new Intl.Collator('en', {numeric: true, sensitivity: 'base'});
const byText = text => (a, b) => collator.compare(text(a), text(b));
/// The columns: how each is sorted, whether most comes first at the first press, and whether it has anything to sort.
const columns = [
  {key: 'state', title: 'state', kind: 'state', has: () => true, compare: (a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state)},
  {key: 'name', title: 'run', kind: 'name', has: () => true, compare: byText(run => run.shownName)},
  {key: 'tags', title: 'tags', kind: 'labels', has: run => run.tags.length > 0, compare: byText(run => run.tags.join(' '))},
  ...['data', 'model', 'strategy', 'division'].map(key => ({key, title: key, kind: 'data', has: run => run[key] !== null, compare: byText(run => run[key])})),
  ...[['accuracy', 'accuracy'], ['rounds', 'rounds'], ['seconds', 'time'], ['begun', 'begun']].map(([key, title]) => ({
    key, title, kind: 'number', downFirst: true, has: run => run.numbers[key] !== null, compare: (a, b) => a.numbers[key] - b.numbers[key]})),
];
const columnOf = key => columns.find(column => column.key === key) ?? columns.find(column => column.key === 'begun');

/// All runs in the order of a column; those that it says nothing of are last, newest first among equals.
function sortedRuns({key, isDown}) {
  const column = columnOf(key), sign = isDown ? -1 : 1;
  const newest = (a, b) => (b.numbers.begun ?? 0) - (a.numbers.begun ?? 0) || (a.id < b.id ? 1 : -1);
  return [...store.runs.values()].map(run => [column.has(run), run])
    .sort(([hasA, a], [hasB, b]) => hasB - hasA || (hasA ? sign * column.compare(a, b) : 0) || newest(a, b))
    .map(([, run]) => run);
}
