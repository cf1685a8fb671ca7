// Tables and lists that change in place, so that a selection or a scroll position stays
const columns = [
  ['client', 'client', 'name data', client => words(client.client, 120)],
  ['state', 'state', 'state', client => words(client.state, 20)],
  ['samples', 'samples', 'number', client => count(client.samples)],
  ['accuracy', 'accuracy', 'number', client => scored(client.accuracy)],
  ['loss', 'loss', 'number', client => nats(client.loss)],
  ['norm', 'norm', 'number', client => nats(client.norm)],
  ['cosine', 'cosine', 'number', client => nats(client.cosine)],
  ['lastRound', 'last round', 'number', client => count(client.lastRound)],
  ['lastSeen', 'last seen', 'number', client => ago(client.lastSeen)],
  ['bytesReceived', 'received', 'number', client => bytes(client.bytesReceived)],
  ['bytesSent', 'sent', 'number', client => bytes(client.bytesSent)],
  ['imagesPerSecond', 'images/s', 'number', client => count(client.imagesPerSecond)],
  ['host', 'host', 'data', client => words(client.host, 80)],
  ['version', 'version', 'data', client => words(client.version, 40)],
];
const always = new Set(['client', 'state', 'samples', 'accuracy', 'lastSeen', 'bytesReceived', 'bytesSent', 'imagesPerSecond']);
const states = new Set(['waiting', 'training', 'reported', 'lost', 'idle']);
let shownColumns = '';
let hasAllClients = false;
const phone = matchMedia('(max-width: 640px)');

function showClients(clients) {
  // On a phone each client is a card, and two hundred of them are a mile.
  const limit = hasAllClients || isPrinting ? Infinity : phone.matches ? 50 : 200, seen = Math.max(number(state.clientsSeen) ?? 0, clients.length);
  let rows = clients;
  if (clients.length > limit) {
    const newest = client => milliseconds(client.lastSeen) ?? number(client.lastRound) ?? 0;
    rows = clients.map(client => [newest(client), client]).sort(([a], [b]) => b - a).slice(0, limit).map(([, client]) => client);
  }
  // A report leaves out what its run didn't record; a live page keeps the columns that every run has.
  const used = columns.filter(([key]) => !isReport && isServed() && always.has(key) || clients.some(client => client[key] !== null && client[key] !== undefined));
  const head = byId('clients-head'), body = byId('clients-body');
  const titled = title => title === 'accuracy' ? scoreName() : title;
  if (shownColumns !== used.map(([, title]) => titled(title)).join()) {
    shownColumns = used.map(([, title]) => titled(title)).join();
    head.replaceChildren(...used.map(([, title, kind]) => make('th', {scope: 'col', role: 'columnheader', class: kind === 'number' ? kind : ''}, titled(title))));
    body.replaceChildren();
  }
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((client, index) => {
    let row = body.rows[index];
    if (!row) {
      row = body.insertRow();
      row.setAttribute('role', 'row');
      for (const [, title, kind] of used) row.append(make('td', {role: 'cell', class: kind, 'data-label': titled(title)}));
    }
    used.forEach(([key, , kind, text], column) => {
      const cell = row.cells[column];
      say(cell, text(client));
      if (key === 'lastSeen') attribute(cell, 'title', typeof client.lastSeen === 'string' ? client.lastSeen : '');
      if (key === 'state') attribute(cell, 'class', states.has(client.state) ? `${kind} ${client.state}` : kind);
    });
  });
  byId('clients-box').hidden = clients.length === 0;
  byId('no-clients').hidden = clients.length > 0;
  const isCut = rows.length < clients.length;
  byId('more-clients').hidden = rows.length === seen;
  say(byId('more-text'), isCut ? `Newest first, and ${count(seen - rows.length)} more.` : `${count(clients.length)} of ${count(seen)} clients are listed.`);
  byId('all-clients').hidden = !isCut;
  say(byId('all-clients'), `Show all ${count(clients.length)}`);
}
byId('all-clients').addEventListener('click', () => {
  hasAllClients = true;
  showClients(list(state.clients).map(record));
  byId('clients-box').focus();
});
