/// Norms and cosines of the clients' updates: curves where rounds are known, else how the last ones lie.
function showUpdates(clients, members, named, points, planned, axis) {
  const kinds = ['norm', 'cosine'];
  const last = kinds.map(kind => [kind, clients.map(client => number(client[kind])).filter(value => value !== null).sort((a, b) => a - b)]).filter(([, values]) => values.length > 0);
  const hasHistory = kinds.filter(kind => members.some(member => member.history[kind]?.some(value => value !== null)));
  byId('updates').hidden = last.length === 0 && hasHistory.length === 0;
  say(byId('updates-facts'), last.length === 0 ? '' : 'Last updates: ' + last.map(([kind, values]) => values.length === 1 ? `${kind} ${nats(values[0])}`
    : `${kind} ${nats(values[0])} to ${nats(values[values.length - 1])}, median ${nats(quantile(values, 0.5))}`).join('; ') + '.');
  byId('updates-charts').hidden = hasHistory.length === 0;
  attribute(byId('updates-charts'), 'class', hasHistory.length === 1 ? 'pair single' : 'pair');
  const all = {norm: bandsOf(members, 'norm', points), cosine: bandsOf(members, 'cosine', points)};
  for (const [kind, chart] of [['norm', normChart], ['cosine', cosineChart]]) {
    chart.box.parentElement.hidden = !hasHistory.includes(kind);
    if (!hasHistory.includes(kind)) continue;
    const bands = all[kind];
    chart.update(points.map((point, index) => ({...point, ...bands[index], value: bands[index].middle})), planned, axis, null, linesOf(kind, members, named, points));
  }
  showKey('updates-key', 'updates-text', [...all.norm, ...all.cosine]);
  say(byId('updates-text'), `median of the clients; ${byId('updates-text').textContent}`);
}
