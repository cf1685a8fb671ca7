const tiles = new Map();
/// A number with its title and what is below it; `key` is the tile's place where titles change.
function tile(title, value, below, key = title) {
  if (!tiles.has(key)) {
    const group = make('div'), nodes = [make('dt', {}, title), make('dd'), make('dd')];
    group.append(...nodes);
    byId('tiles').append(group);
    tiles.set(key, nodes);
  }
  const [name, first, second] = tiles.get(key);
  say(name, title);
  say(first, value);
  say(second, below);
}


const isLost = client => client.state === 'lost';
const endings = {completed: 'all rounds are done', unfinished: 'not all rounds are done yet'};

/// Whom the round waits for that is not here, from the state's `waiting`; null if it waits for nobody.
function missed(waiting) {
  const needed = number(record(waiting).needed), here = number(record(waiting).here);
  if (needed === null || here === null || here >= needed) return null;
  const some = needed - here, ids = list(waiting.missing).map(id => number(id)).filter(id => id !== null);
  const named = `${ids.slice(0, 5).map(plain).join(', ')}${ids.length > 5 ? ' …' : ''}`;
  const whom = some === 1 && ids.length === 1 ? `client ${named}` : plural(some, 'client') + (ids.length === 0 ? '' : ids.length > some ? ` of ${named}` : `: ${named}`);
  return {needed, text: `waits for ${whom}`};
}

/// Since when somebody is missed, and what brings them back.
function showWait(missing, waiting) {
  const since = milliseconds(waiting.since);
  byId('wait').hidden = missing === null || since === null && !hasText(waiting.command);
  if (byId('wait').hidden) return;
  const passed = since === null ? '' : `${isReport ? 'Waited' : 'Waits'} since ${clock(since)}${isReport ? '' : `, for ${duration((now() - since) / 1000)}`}.`;
  say(byId('wait-text'), passed + (hasText(waiting.command) ? `${passed === '' ? '' : ' '}This brings a missing client back:` : ''));
  showCommand(byId('wait-command'), hasText(waiting.command) ? words(waiting.command, 2000) : null);
}

/// What also changes with the clock alone.
function tickClock() {
  if (state === null) return;
  const run = record(state.run), clients = list(state.clients).map(record);
  const rounds = list(state.rounds).map(record).filter(round => number(round.round) !== null);
  const planned = number(run.rounds) ?? rounds.length, expected = number(run.clients) ?? clients.length;
  const closed = rounds.length === 0 ? 0 : rounds[rounds.length - 1].round;
  const last = rounds[rounds.length - 1] ?? {};
  const tests = rounds.filter(one => number(one.accuracy) !== null || number(one.loss) !== null);
  const test = tests[tests.length - 1] ?? {}, before = tests[tests.length - 2] ?? {};
  const since = test.round - before.round === 1 ? 'in the last round' : `since round ${count(before.round)}`;
  const reported = clients.filter(client => client.state === 'reported').length;
  const training = clients.filter(client => client.state === 'training').length;
  const lost = clients.filter(isLost).length, here = clients.length - lost;
  // Where only some clients are listed, nobody can count the others.
  const listed = (number(state.clientsSeen) ?? 0) > clients.length ? ' of those listed' : '';
  const finished = state.phase === 'finished', waiting = state.phase === 'waiting', paused = state.phase === 'paused';
  const round = number(state.round) ?? closed;

  // What is announced changes with phase and round only.
  const ending = words(state.outcome, 400);
  const wentWell = state.outcome === null || state.outcome === undefined || /^(completed|reached)/.test(ending);
  say(byId('status'),
    finished ? (state.outcome === null || state.outcome === undefined ? 'Finished' : `${wentWell ? 'Finished' : 'Ended'}: ${endings[ending] ?? ending}`)
      : waiting ? (isServed() ? 'Waiting for clients' : 'It has not begun yet')
        : paused ? (closed === 0 ? 'Paused before the first round' : `Paused after round ${count(closed)} of ${count(planned)}`)
        : round > 0 ? `Round ${count(round)} of ${count(planned)}: ${words(state.phase, 40)}` : words(state.phase, 40));
  attribute(byId('now'), 'class', finished && wentWell ? 'card done' : 'card');
  const due = milliseconds(state.deadlineAt);
  const notes = [];
  const missing = finished || paused ? null : missed(state.waiting);
  const reporting = Math.max(training + reported, missing === null ? 0 : missing.needed);
  if (waiting && isServed()) notes.push(`${count(here)} of ${count(expected)} ${here === 1 ? 'is' : 'are'} here`);
  if (!finished && !paused && reporting > 0 && (!waiting || reported > 0)) notes.push(`${count(reported)} of ${count(reporting)}${listed} ${reported === 1 ? 'has' : 'have'} reported`);
  if (missing !== null) notes.push(missing.text);
  showWait(missing, record(state.waiting));
  if (!finished && !paused && due !== null) notes.push(due > now() ? `closes in ${duration((due - now()) / 1000)} at the latest` : 'past its deadline');
  say(byId('substatus'), notes.join(' · '));
  const within = finished || waiting || paused || round <= closed ? 0 : number(state.roundProgress) !== null ? Math.min(1, state.roundProgress) : state.phase === 'evaluating' ? 0.95 : 0.9 * reported / Math.max(1, reporting);
  const done = finished && wentWell ? 100 : planned === 0 ? 0 : Math.min(100, 100 * (closed + within) / planned);
  byId('bar').style.width = `${done.toFixed(1)}%`;
  attribute(byId('track'), 'aria-valuenow', String(Math.round(done)));

  const change = (key, text) => number(test[key]) === null || number(before[key]) === null ? null : text(test[key] - before[key]);
  tile('Rounds done', `${count(closed)} of ${count(planned)}`, number(last.seconds) === null ? (closed === 0 ? 'none is over yet' : '') : `the last took ${seconds(last.seconds)}`);
  tile(`Server ${scoreName()}`, scored(test.accuracy), change('accuracy', by => Math.abs(by) < 5e-5 ? 'as at the test before' : `${by > 0 ? '+' : '−'}${isR2() ? Math.abs(by).toFixed(4) : `${Math.abs(by * 100).toFixed(2)} points`} ${since}`) ?? (rounds.length === 0 ? 'after the first round' : 'on the server’s test set'));
  tile('Server loss', nats(test.loss), change('loss', by => Math.abs(by) < 5e-5 ? 'as at the test before' : `${by > 0 ? '+' : '−'}${nats(Math.abs(by))} ${since}`) ?? (rounds.length === 0 ? 'after the first round' : 'nats, on the test set'));
  if (isReport || !isServed()) {
    const samples = clients.map(client => number(client.samples)).filter(value => value !== null);
    const least = samples.reduce((a, b) => Math.min(a, b), Infinity), most = samples.reduce((a, b) => Math.max(a, b), 0);
    tile('Clients', count(expected), samples.length === 0 ? '' : least === most ? `${count(most)} samples each` : `${count(least)} to ${count(most)} samples each`);
  } else if (listed !== '') {
    tile('Clients', count(Math.max(expected, number(state.clientsSeen))), `${count(clients.length)} are listed` + (lost > 0 ? `, ${count(lost)} of them lost` : ''), 'Clients here');
  } else {
    tile('Clients here', `${count(here)} of ${count(expected)}`, lost > 0 ? `${count(lost)} lost` : number(run.cohort) !== null && here > 0 ? `a round has ${count(run.cohort)}` : here === 0 ? 'none has joined yet' : here < expected ? `${count(expected - here)} missing` : 'nobody is missing');
  }

  const begun = milliseconds(run.startedAt), recent = rounds.slice(-5).map(one => number(one.seconds)).filter(value => value !== null);
  const mean = recent.length === 0 ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  const total = rounds.reduce((sum, one) => sum + (number(one.seconds) ?? 0), 0);
  if (isReport || finished) {
    tile('Time', rounds.some(one => number(one.seconds) !== null) ? seconds(total) : unknown, mean === null ? '' : 'in all rounds');
  } else {
    const opened = milliseconds(state.roundOpenedAt);
    // Nobody knows when one who is missing comes, nor when a pause ends.
    const left = mean === null || waiting || paused || missing !== null ? null : mean * (planned - closed) - Math.min(mean, opened === null ? 0 : Math.max(0, now() - opened) / 1000);
    tile('Time', begun === null ? unknown : duration((now() - begun) / 1000), left === null ? 'since the start' : left < 1 ? 'nearly done' : `about ${duration(left)} left`);
  }

  const counts = ['training', 'reported', 'waiting', 'idle', 'lost'].map(name => [name, clients.filter(client => client.state === name).length]).filter(([, some]) => some > 0);
  say(byId('clients-count'), isReport ? '' : counts.map(([name, some]) => `${count(some)} ${name}`).join(' · '));
  showClients(clients);
  say(byId('no-clients'), isReport ? 'No client took part.' : isServed() ? `No client has joined yet. To join: federated join ${words(run.address, 200)} --id 0` : 'No round is over yet.');
  const headline = rounds.length === 0 ? words(state.phase, 40) : `${count(closed)}/${count(planned)} · ${scored(test.accuracy)}`;
  document.title = `${nameOf(run)} · ${headline}`;
}
