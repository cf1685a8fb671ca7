// Every round, also of a thousand: rows are added, and cells change only where their text does.
const roundColumns = [
  ['round', 'round', point => count(point.round)],
  ['value', 'accuracy', point => scored(point.value)],
  ['loss', 'loss', point => nats(point.loss)],
  ['seconds', 'seconds', point => reads(point.seconds, v => v.toFixed(3))],
  ['bytes', 'bytes', point => bytes(point.bytes)],
  ['closedAt', 'closed at', point => moment(point.closedAt)],
];
const shownRounds = [];
function showRounds(points) {
  byId('rounds').hidden = points.length === 0;
  const used = roundColumns.filter(([key]) => !isReport && key !== 'bytes' || points.some(point => point[key] !== null));
  const head = byId('rounds-head'), body = byId('rounds-body');
  if (head.cells.length !== used.length) {
    head.replaceChildren(...used.map(() => make('th', {scope: 'col', class: 'number'})));
    body.replaceChildren();
    shownRounds.length = 0;
  }
  used.forEach(([key, title], column) => say(head.cells[column], key === 'value' ? scoreName() : title));
  while (body.rows.length > points.length) body.deleteRow(-1);
  shownRounds.length = Math.min(shownRounds.length, points.length);
  points.forEach((point, index) => {
    const key = `${point.round} ${point.value} ${point.loss} ${point.seconds} ${point.bytes} ${point.closedAt} ${scoreName()}`;
    if (shownRounds[index] === key) return;
    shownRounds[index] = key;
    const row = body.rows[index] ?? body.insertRow();
    used.forEach(([, , text], column) => say(row.cells[column] ?? row.appendChild(make('td', {class: 'number'})), text(point)));
  });
}
