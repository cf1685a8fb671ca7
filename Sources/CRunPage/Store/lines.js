// What is drawn of the chosen runs: a line each, or one over those whose settings differ in the seed alone
const linesAtMost = 32, statesAtMost = 96;
const runStates = new Map(); // by id: {key: the row it belongs to, state, isMissing}
const asking = new Set();
const slots = new Map(); // by line: its colour and dash, kept while it is chosen

/// Asks for the states of chosen runs that are not known or that have changed since, four at a time.
function askForStates(ids) {
  for (const id of runStates.keys()) if (!ids.includes(id)) runStates.delete(id);
  for (const id of ids) {
    if (asking.size >= 4) return;
    const run = store.runs.get(id);
    if (run === undefined || asking.has(id) || runStates.get(id)?.key === run.key) continue;
    if (!hasPath(id)) { runStates.set(id, {key: run.key, state: null, isMissing: true}); continue; }
    asking.add(id);
    fetch(`${runPath(id)}state`, {cache: 'no-store', signal: AbortSignal.timeout(20000)})
      .then(async answer => ({state: answer.ok ? record(parse(await answer.text())) : null}))
      .catch(() => ({state: null}))
      .then(({state}) => {
        asking.delete(id);
        // One that can't be read now keeps what is known of it, and is asked for again.
        const read = {key: run.key, state: state ?? runStates.get(id)?.state ?? null, isMissing: state === null};
        runStates.set(id, read);
        if (read.isMissing) setTimeout(() => { read.key = null; showComparison(); }, 5000);
        showComparison();
      });
  }
}

const settingsOf = state => list(record(record(state).run).rows).map(record).filter(row => typeof row.name === 'string');
/// The rounds of a state, with the seconds and bytes until the end of each while those are known.
function pointsOf(state) {
  let elapsed = 0, sent = 0; // NaN once one round's is not known
  return list(record(state).rounds).map(record).filter(round => number(round.round) !== null).map(round => {
    elapsed += number(round.seconds) ?? NaN;
    sent += number(round.bytes) ?? NaN;
    return {rounds: round.round, seconds: number(elapsed), bytes: number(sent), accuracy: drawable(round.accuracy), loss: drawable(round.loss)};
  });
}

const meanOf = values => values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
const known = values => values.filter(value => number(value) !== null);
function deviation(values) {
  const mean = meanOf(values);
  return values.length < 2 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/// One line over several runs: at each round the mean of those that tested it, at the mean of their seconds and bytes.
function meanPoints(all) {
  const byRound = new Map();
  for (const points of all) for (const point of points) byRound.set(point.rounds, [...byRound.get(point.rounds) ?? [], point]);
  return [...byRound].sort(([a], [b]) => a - b).map(([round, points]) => {
    const mean = {rounds: round, of: points.length, band: {}};
    for (const key of ['seconds', 'bytes']) mean[key] = points.every(point => point[key] !== null) ? meanOf(points.map(point => point[key])) : null;
    for (const key of ['accuracy', 'loss']) {
      const values = known(points.map(point => point[key])), middle = meanOf(values), by = deviation(values);
      mean[key] = middle;
      mean.band[key] = middle === null ? null : {range: [Math.min(...values), Math.max(...values)], deviation: [middle - by, middle + by]};
    }
    return mean;
  });
}

/// What lines are called: as their runs are; where that is not one name each, with the strategy, then with the id.
function lineNames(groups) {
  const isOnce = (name, index, all) => all.every((other, at) => at === index || other !== name);
  const plainly = groups.map(({runs: [run, ...others]}) => words(others.every(other => other.shownName === run.shownName) ? run.shownName : run.title ?? run.id, 60));
  const longer = groups.map(({runs: [run]}, index) => run.strategy === null ? plainly[index] : `${plainly[index]} · ${words(run.strategy, 30)}`);
  return groups.map(({runs: [run, ...others]}, index) => {
    const means = others.length === 0 ? '' : ` · mean of ${others.length + 1} seeds`;
    if (isOnce(plainly[index], index, plainly)) return plainly[index] + means;
    if (isOnce(longer[index], index, longer)) return longer[index] + means;
    return `${longer[index]} (${words(run.id, 40)}${others.length === 0 ? '' : ` and ${others.length} more`})${means}`;
  });
}

/// The lines of runs, in the order in which they were chosen.
function linesOf(runs, bySeed) {
  const groups = new Map();
  for (const run of runs) {
    const state = runStates.get(run.id)?.state ?? null, settings = settingsOf(state);
    const key = bySeed && settings.length > 0 ? `group ${JSON.stringify(settings.filter(row => row.name !== 'seed').map(row => [row.name, row.value]))}` : `run ${run.id}`;
    const group = groups.get(key) ?? {key, runs: [], states: []};
    group.runs.push(run);
    group.states.push(state);
    groups.set(key, group);
  }
  for (const key of slots.keys()) if (!groups.has(key)) slots.delete(key);
  const taken = new Set(slots.values()), names = lineNames([...groups.values()]);
  return [...groups.values()].map((group, index) => {
    let slot = slots.get(group.key);
    for (let free = 0; slot === undefined && free < linesAtMost; free += 1) if (!taken.has(free)) slot = free;
    if (slot !== undefined) { slots.set(group.key, slot); taken.add(slot); }
    const [run] = group.runs, some = group.runs.length;
    const points = some === 1 ? pointsOf(group.states[0]) : meanPoints(group.states.map(pointsOf));
    return {...group, slot, name: names[index], points, isR2: run.isR2, settings: settingsOf(group.states[0])};
  });
}

/// The classes of a line's colour and dash; 32 slots are 32 different pairs.
const strokeOf = slot => `c${slot % 8} d${(slot % 8 + Math.floor(slot / 8)) % 4}`;
function swatch(slot) {
  const svg = draw('svg', {class: 'swatch-line', viewBox: '0 0 34 10', 'aria-hidden': 'true'});
  if (slot !== undefined) svg.append(draw('path', {class: `curve ${strokeOf(slot)}`, d: 'M1 5H33'}));
  return svg;
}
