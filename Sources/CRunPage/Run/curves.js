// The curves of the server and of its clients
const accuracyTick = (value, step) => isR2() ? value.toFixed(decimals(step)) : (value * 100).toFixed(decimals(step * 100));
const plainTick = (value, step) => Math.abs(value) >= 1e5 ? value.toExponential(0) : value.toFixed(decimals(step));
const accuracyChart = new Chart(byId('accuracy'), {
  label: 'Server accuracy', noun: 'accuracy', axis: 'accuracy (%)', format: scored, floor: 0, ceiling: 1, leastSpan: 0.04, tick: accuracyTick});
const lossChart = new Chart(byId('loss'), {
  label: 'Server loss', noun: 'loss', axis: 'loss (nats)', format: nats, floor: 0, ceiling: Infinity, leastSpan: 0.02, fromFloor: true, tick: plainTick});
const normChart = new Chart(byId('norm'), {
  label: 'Norm of the clients’ changes, their median', noun: 'norm', axis: 'L2 norm', format: nats, floor: 0, ceiling: Infinity, leastSpan: 1e-6, fromFloor: true,
  tick: plainTick, valueName: 'median '});
const cosineChart = new Chart(byId('cosine'), {
  label: 'Cosine of the clients’ changes, their median', noun: 'cosine', axis: 'cosine', format: nats, floor: -1, ceiling: 1, leastSpan: 0.1, tick: plainTick,
  valueName: 'median '});

/// Of more clients than this a line each would be a thicket: bands show them, and lines those that are chosen.
const linesLimit = 12;

/// The rounds as the charts take them. What is summed over rounds is NaN from a round on that doesn't say.
function pointsOf(rounds) {
  let elapsed = 0, carried = 0;
  return rounds.map(record).filter(round => number(round.round) !== null).map(round => {
    const five = list(round.quantiles).map(number), [low, lower, , upper, high] = five.length === 5 && !five.includes(null) ? five : [];
    return {
      round: round.round, value: number(round.accuracy), loss: number(round.loss), seconds: number(round.seconds),
      elapsed: elapsed += number(round.seconds) ?? NaN, carried: carried += number(round.bytes) ?? NaN, bytes: number(round.bytes),
      low: low ?? number(round.clientsLow), high: high ?? number(round.clientsHigh), lower: lower ?? null, upper: upper ?? null,
      closedAt: round.closedAt ?? null};
  });
}

/// The band of clients' values of a kind in each round, from their histories: lowest, middle half and highest, and the median.
function bandsOf(members, kind, points) {
  if (members.length < 2 && (kind === 'accuracy' || kind === 'loss')) return points.map(() => ({low: null, high: null, lower: null, upper: null, middle: null}));
  return points.map(point => {
    const sorted = members.map(member => member.history[kind]?.[point.round - 1] ?? null).filter(value => value !== null).sort((a, b) => a - b);
    if (sorted.length === 0) return {low: null, high: null, lower: null, upper: null, middle: null};
    const [low, lower, middle, upper, high] = [0, 0.25, 0.5, 0.75, 1].map(share => quantile(sorted, share));
    return {low, high, middle, ...members.length > linesLimit ? {lower, upper} : {lower: null, upper: null}};
  });
}

/// The clients that say how they did, round by round.
function membersOf(clients) {
  return clients.filter(client => client.history !== null && typeof client.history === 'object').map(client => {
    const history = {};
    for (const kind of ['accuracy', 'loss', 'norm', 'cosine']) if (Array.isArray(client.history[kind])) history[kind] = client.history[kind].map(number);
    return {id: words(client.client, 40), accuracy: number(client.accuracy) ?? history.accuracy?.findLast(value => value !== null) ?? null, samples: number(client.samples), history};
  }).filter(member => Object.values(member.history).some(values => values.some(value => value !== null)));
}

/// Those that matter most: [role, client].
function rolesOf(members) {
  if (members.length < 2) return [];
  const extreme = (key, sign) => {
    const known = members.filter(member => member[key] !== null);
    if (known.length < 2 || known.every(member => member[key] === known[0][key])) return null;
    return known.reduce((a, b) => sign * b[key] < sign * a[key] ? b : a);
  };
  return [['worst', extreme('accuracy', 1)], ['best', extreme('accuracy', -1)], ['smallest', extreme('samples', 1)]].filter(([, member]) => member !== null);
}

const chosenClients = {off: new Set(), added: []};

/// The clients that have a line with a look of its own: [{member, title, isOn, roles}].
function namedLines(members) {
  const named = [];
  for (const [role, member] of rolesOf(members)) {
    const one = named.find(entry => entry.member === member);
    if (one === undefined) named.push({member, roles: [role]}); else one.roles.push(role);
  }
  if (members.length === 1) named.push({member: members[0], roles: []});
  const byRole = named.length;
  for (const id of chosenClients.added) {
    const member = members.find(one => one.id === id);
    if (member !== undefined && !named.some(entry => entry.member === member)) named.push({member, roles: []});
  }
  return named.map((entry, index) => ({
    ...entry, look: index, isAdded: index >= byRole, key: entry.roles.length === 0 ? entry.member.id : entry.roles.join(),
    title: `client ${entry.member.id}${entry.roles.length === 0 ? '' : ` (${entry.roles.join(', ')})`}`}))
    .map(entry => ({...entry, isOn: !chosenClients.off.has(entry.key)}));
}

function linesOf(kind, members, named, points) {
  const valuesOf = member => points.map(point => member.history[kind]?.[point.round - 1] ?? null);
  const shown = named.filter(entry => entry.isOn);
  const thin = members.length > linesLimit ? [] : members.filter(member => !named.some(entry => entry.member === member));
  return [...thin.map(member => ({name: `client ${member.id}`, values: valuesOf(member), look: null})),
    ...shown.map(entry => ({name: entry.title, values: valuesOf(entry.member), look: entry.look}))]
    .filter(line => line.values.some(value => value !== null));
}

/// The boxes that choose clients, each with the look of its line.
function showChoices(members, named) {
  byId('who').hidden = members.length === 0;
  byId('who-form').hidden = members.length <= named.length;
  const box = byId('who-lines');
  const shown = JSON.stringify(named.map(({key, title, look, isOn}) => [key, title, look, isOn]));
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const focused = document.activeElement?.closest?.('#who-lines')?.contains(document.activeElement) ? document.activeElement.value : null;
  box.replaceChildren(...named.map(entry => {
    const label = make('label'), input = make('input', {type: 'checkbox', value: entry.key});
    input.checked = entry.isOn;
    input.addEventListener('change', () => {
      if (input.checked) chosenClients.off.delete(entry.key); else chosenClients.off.add(entry.key);
      show(state);
    });
    const sample = draw('svg', {class: 'sample', width: 26, height: 8, 'aria-hidden': 'true'});
    sample.append(draw('path', {class: `line look-${entry.look % 6}`, d: 'M1 4H25'}));
    label.append(input, sample, make('span', {class: 'data'}, entry.title));
    return label;
  }));
  if (focused !== null) [...box.querySelectorAll('input')].find(input => input.value === focused)?.focus();
}

byId('who-form').addEventListener('submit', event => {
  event.preventDefault();
  const field = byId('who-form').querySelector('input'), id = field.value.trim();
  const isKnown = membersOf(list(record(state).clients).map(record)).some(member => member.id === id);
  say(byId('who-said'), isKnown ? '' : `No curve is known of client ${words(id, 40)}.`);
  if (!isKnown) return;
  chosenClients.added = [...chosenClients.added.filter(one => one !== id), id].slice(-6);
  chosenClients.off.delete(id);
  field.value = '';
  show(state);
});

let over = 'rounds';
for (const input of document.querySelectorAll('#over input')) {
  input.addEventListener('change', () => {
    over = input.value;
    if (state !== null) show(state);
  });
}

let drawnCurves = '';
/// All charts, where anything that they show has changed.
function showCurves(run, clients, points, planned, axis, target) {
  const key = JSON.stringify([state.rounds, clients.map(client => [client.client, client.samples, client.accuracy, client.history]), planned, axis, target, scoreName(),
    [...chosenClients.off], chosenClients.added, state.phase === 'finished']);
  if (key === drawnCurves) return;
  const members = membersOf(clients), named = namedLines(members);
  showChoices(members, named);
  say(byId('accuracy-title'), `Server ${scoreName()}`);
  Object.assign(accuracyChart, {
    label: `Server ${scoreName()}`, noun: scoreName(), axis: isR2() ? 'R²' : 'accuracy (%)', floor: isR2() ? -Infinity : 0});
  lossChart.axis = isR2() ? 'loss' : 'loss (nats)';
  const isKnown = points.some(point => point.low !== null);
  const bands = isKnown ? null : bandsOf(members, 'accuracy', points), losses = bandsOf(members, 'loss', points);
  const scores = bands === null ? points : points.map((point, index) => ({...point, ...bands[index]}));
  accuracyChart.update(scores, planned, axis, target, linesOf('accuracy', members, named, points));
  lossChart.update(points.map((point, index) => ({...point, ...losses[index], value: point.loss})), planned, axis, null, linesOf('loss', members, named, points));
  showKey('band-key', 'band-text', scores);
  showKey('loss-key', 'loss-text', losses);
  showUpdates(clients, members, named, points, planned, axis);
  showTarget(target, points, axis);
  drawnCurves = key;
}

/// What a chart's bands are.
function showKey(box, text, points) {
  byId(box).hidden = !points.some(point => point.low !== null && point.high !== null && point.low < point.high);
  say(byId(text), 'clients, lowest to highest' + (points.some(point => point.lower !== null) ? ', the middle half darker' : ''));
}
