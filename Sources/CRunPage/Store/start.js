// The connection, and the page's beginning
let needsAll = true, isFirst = true;

function showLink(kind, text) {
  attribute(byId('link'), 'class', kind);
  say(byId('link-text'), text);
  byId('lost').hidden = kind !== 'lost';
  if (kind !== 'lost') return;
  // Whoever answers next may be another server, whose revisions say nothing of these.
  needsAll = true;
  say(byId('lost'), `Connection lost, trying again.${connection.heardAt === 0 ? '' : ` What you see is from ${clock(connection.heardAt + skew)}.`}`);
}

/// Shows what /runs answered.
function hear(answer) {
  const began = performance.now(), wasAll = needsAll || answer.revision < store.revision, changed = takeRows(answer, needsAll);
  if (wasAll && !needsAll) { needsAll = true; refresh(); } else needsAll = false;
  if (isFirst || changed.size > 0) showRuns(changed);
  showStanding();
  if (!isFirst) return;
  isFirst = false;
  // After the next frame it is on the screen.
  requestAnimationFrame(() => setTimeout(() => {
    const start = performance.getEntriesByName(new URL('runs', location.href).href).at(-1)?.responseEnd;
    performance.measure('rows-painted', {start: start ?? began});
  }, 0));
}

function showRuns(changed) {
  inOrder = null;
  const before = view.chosen.size;
  for (const id of view.chosen) if (!store.runs.has(id)) view.chosen.delete(id);
  for (const id of changed) if (!store.runs.has(id)) drawnRows.delete(id);
  const lost = before - view.chosen.size, some = store.runs.size;
  if (lost > 0 && !isActing) say(byId('said'), `${plural(lost, 'chosen run')} ${lost === 1 ? 'is' : 'are'} no longer in the store.`);
  if (lost > 0) keepAddress();
  byId('none').hidden = some > 0;
  byId('finding').hidden = byId('runs').hidden = some === 0;
  const running = [...store.runs.values()].filter(run => run.state === 'running').length;
  document.title = `${plural(some, 'run')}${running > 0 ? ` · ${count(running)} running` : ''} · federated`;
  say(byId('summary'), words(store.path ?? '', 400));
  const path = store.path ?? 'Logs/federated.sqlite';
  say(byId('none-command'), `federated run --store ${/^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`);
  say(byId('footer'), `federated${store.version === null ? '' : ` ${words(store.version, 40)}`} · times are this browser’s`);
  showChoices();
  showTable();
  showComparison();
  if (byId('steer').open) showSteering();
}

class StoreConnection extends Connection {
  /// Questions that come together are one.
  poll() { return this.asked ??= super.poll().finally(() => { this.asked = null; }); }

  connect() {
    if (this.wasListening) needsAll = true;
    this.wasListening = false;
    return super.connect();
  }

  listen() {
    super.listen();
    this.wasListening = true;
    // What changed between the answer and the stream would never be told.
    this.source.addEventListener('open', () => refresh());
  }
}
const connection = new StoreConnection({
  address: () => needsAll ? 'runs' : `runs?since=${store.revision}`, hear, event: 'changed', link: showLink, picture: () => `${store.revision}`,
  told: ({revision}) => { if (revision !== store.revision) refresh(); }});

let isRefreshing = false, mustAgain = false;
/// Asks for what has changed; once more if something is told meanwhile.
async function refresh() {
  mustAgain = true;
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    while (mustAgain) {
      mustAgain = false;
      // An answer that is under way may be older than what was told.
      await connection.asked;
      if (!await connection.poll()) break;
    }
  } finally {
    isRefreshing = false;
  }
}

function goToAddress() {
  steeringToken.take();
  readAddress();
  byId('filter').value = view.filter;
  inOrder = null;
  if (isFirst) return;
  showStanding();
  showChoice();
  pressChoices();
}
addEventListener('hashchange', goToAddress);
goToAddress();
connection.start();
