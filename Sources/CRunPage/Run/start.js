// The connection, and the page's beginning
function showLink(kind, text) {
  attribute(byId('link'), 'class', kind);
  say(byId('link-text'), text);
  if (kind !== 'lost') { byId('lost').hidden = true; return; }
  const seen = connection.heardAt === 0 ? '' : ` What you see is from ${clock(connection.heardAt + skew)}.`;
  const finished = state !== null && state.phase === 'finished';
  say(byId('lost'), (finished ? 'The run had finished. Connection lost, trying again.' : 'Connection lost, trying again.') + seen);
  byId('lost').hidden = false;
}

const connection = new Connection({
  address: () => 'state', hear: show, event: 'state', told: show, picture: () => JSON.stringify(state), link: showLink});

if (isReport) {
  attribute(byId('link'), 'class', 'quiet');
  byId('link').firstElementChild.remove();
  say(byId('link-text'), `report${milliseconds(record(inlined.run).startedAt) === null ? '' : ` · ${moment(inlined.run.startedAt)}`}`);
  show(record(inlined));
} else {
  connection.start();
  setInterval(tickClock, 1000);
}
