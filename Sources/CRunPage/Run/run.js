// The whole page from one state
function show(next) {
  state = next;
  const run = record(state.run), clients = list(state.clients).map(record);
  const points = pointsOf(list(state.rounds)), last = points[points.length - 1];
  const can = {rounds: true, seconds: last !== undefined && Number.isFinite(last.elapsed), bytes: last !== undefined && Number.isFinite(last.carried) && last.carried > 0};
  const planned = number(run.rounds) ?? points.length;
  const target = run.target_accuracy > 0 && run.target_accuracy <= 1 ? number(run.target_accuracy) : null;
  showHeading(run);
  byId('over').hidden = !can.seconds && !can.bytes;
  byId('over-seconds').hidden = !can.seconds;
  byId('over-bytes').hidden = !can.bytes;
  showCurves(run, clients, points, planned, can[over] ? over : 'rounds', target);
  showRounds(points);
  showResults(record(state.results), list(run.classNames));
  showDivision(clients, list(run.classNames));
  byId('drops').hidden = (isReport || !isServed()) && !Array.isArray(state.drops);
  byId('log').hidden = (isReport || !isServed()) && !Array.isArray(state.events);
  byId('bottom').hidden = byId('drops').hidden && byId('log').hidden;
  attribute(byId('bottom'), 'class', byId('drops').hidden || byId('log').hidden ? 'pair single' : 'pair');
  drops.update(list(state.drops));
  byId('no-drops').hidden = list(state.drops).length > 0;
  say(byId('drops-count'), list(state.drops).length > 0 ? plural(state.drops.length, 'drop') : '');
  events.update(list(state.events));
  byId('no-events').hidden = list(state.events).length > 0;
  showSettings(run);
  showSteering(run);
  tickClock();
  const version = state.version === null || state.version === undefined ? '' : ` ${words(state.version, 40)}`;
  say(byId('footer'), `federated${version}` + (isReport ? ' · a report: this page does not change' : ' · times are this browser’s'));
}
