// The table of runs: rows that change in place, so that focus, selection and scroll position stay
const knownStates = new Set(stateOrder);
const scoredIn = (isR2, value) => isR2 ? reads(value, v => v.toFixed(4)) : percent(value);
/// "." and ".." would lead elsewhere.
const hasPath = id => !/^\.{1,2}$/.test(id);
const runPath = id => `runs/${encodeURIComponent(id)}/`;
const roundsText = run => run.numbers.planned === null ? count(run.numbers.rounds) : `${count(run.numbers.rounds ?? 0)} of ${count(run.numbers.planned)}`;
const cellTexts = {
  state: run => words(run.stateText ?? run.state, 80), data: run => words(run.data, 60), model: run => words(run.model, 60),
  strategy: run => words(run.strategy, 60), division: run => words(run.division, 60),
  accuracy: run => scoredIn(run.isR2, run.numbers.accuracy), rounds: roundsText,
  seconds: run => seconds(run.numbers.seconds), begun: run => moment(run.startedAt),
};
const drawnRows = new Map(); // by id: the row and what it shows
let rowPattern = null; // a copy of it is much sooner made than a row
let usedColumns = [], lastPressed = null, isPrinting = false;

function makePattern() {
  const row = make('tr', {role: 'row'}), box = make('td', {role: 'cell', class: 'choose'});
  box.append(make('input', {type: 'checkbox'}));
  row.append(box);
  for (const {key, title, kind} of usedColumns) {
    const cell = make('td', {role: 'cell', class: kind, 'data-label': title});
    if (key === 'name') cell.append(make('a', {class: 'data'}), make('div', {class: 'quiet data id'}), make('div', {class: 'quiet data note'}));
    if (key === 'tags') cell.append(make('ul', {class: 'tags'}));
    row.append(cell);
  }
  const spark = make('td', {role: 'cell', class: 'spark', 'data-label': 'curve'}), svg = draw('svg', {role: 'img', viewBox: `0 0 ${sparkWidth} ${sparkHeight}`});
  svg.append(draw('path', {class: 'went'}), draw('path', {class: 'end'}));
  spark.append(svg);
  const more = make('td', {role: 'cell', class: 'more'});
  more.append(make('button', {type: 'button', class: 'small'}, '⋯'));
  row.append(spark, more);
  return row;
}

function fillRow(row, run) {
  const name = words(run.shownName, 120);
  row.dataset.id = run.id;
  attribute(row.cells[0].firstChild, 'aria-label', `choose ${name}`);
  usedColumns.forEach(({key, kind}, index) => {
    const cell = row.cells[index + 1];
    if (key === 'name') {
      const [link, id, note] = cell.children;
      say(link, name);
      if (hasPath(run.id)) attribute(link, 'href', runPath(run.id)); else link.removeAttribute('href');
      say(id, [run.shownName === run.id ? '' : words(run.id, 60), run.kind === null || run.kind === 'run' ? '' : words(run.kind, 20)].filter(text => text !== '').join(' · '));
      say(note, run.note === null ? '' : words(run.note, 160));
    } else if (key === 'tags') {
      const shown = JSON.stringify(run.tags), tags = cell.firstChild;
      if (tags.dataset.shown === shown) return;
      tags.dataset.shown = shown;
      tags.replaceChildren(...run.tags.slice(0, 12).map(tag => make('li', {class: 'data'}, words(tag, 40))), ...run.tags.length > 12 ? [make('li', {}, `${run.tags.length - 12} more`)] : []);
    } else {
      say(cell, cellTexts[key](run));
      if (key === 'state') attribute(cell, 'class', knownStates.has(run.state) ? `${kind} ${run.state}` : kind);
      if (key === 'accuracy') attribute(cell, 'title', run.numbers.best === null ? '' : `best ${scoredIn(run.isR2, run.numbers.best)}`);
      if (key === 'begun') attribute(cell, 'title', run.startedAt ?? '');
    }
  });
  const cell = row.cells[usedColumns.length + 1], svg = cell.firstChild, path = sparkPath(run.spark);
  attribute(cell, 'class', path === null ? 'spark empty' : 'spark');
  if (path !== null) {
    attribute(svg, 'aria-label', `${run.isR2 ? 'R²' : 'accuracy'} from ${scoredIn(run.isR2, path.first)} to ${scoredIn(run.isR2, path.last)}`);
    attribute(svg.firstChild, 'd', path.line);
    attribute(svg.lastChild, 'd', path.end);
  }
  attribute(row.cells[usedColumns.length + 2].firstChild, 'aria-label', `tags and actions of ${name}`);
}

function rowOf(run) {
  let drawn = drawnRows.get(run.id);
  if (drawn === undefined) drawnRows.set(run.id, drawn = {row: rowPattern.cloneNode(true), key: null});
  if (drawn.key !== run.key) fillRow(drawn.row, run);
  drawn.key = run.key;
  const isChosen = view.chosen.has(run.id), box = drawn.row.cells[0].firstChild;
  if (box.checked !== isChosen) box.checked = isChosen;
  drawn.row.classList.toggle('chosen', isChosen);
  return drawn.row;
}

/// Columns of which no run says anything are left out.
function useColumns() {
  const runs = [...store.runs.values()], always = new Set(['state', 'name', 'accuracy', 'rounds', 'begun']);
  const used = columns.filter(column => always.has(column.key) || runs.some(column.has));
  if (used.length === usedColumns.length && used.every((column, index) => column === usedColumns[index])) return;
  usedColumns = used;
  rowPattern = makePattern();
  drawnRows.clear();
  const box = make('input', {type: 'checkbox', id: 'choose-shown'}), choose = make('th', {scope: 'col', role: 'columnheader', class: 'choose'});
  choose.append(box);
  box.addEventListener('change', () => chooseMatching(box.checked));
  const heads = used.map(({key, title, kind}) => {
    const head = make('th', {scope: 'col', role: 'columnheader', class: kind === 'number' ? 'number' : '', 'data-key': key}), button = make('button', {type: 'button'}, title);
    button.addEventListener('click', () => sortBy(key));
    head.append(button);
    return head;
  });
  const others = [['curve', 'spark'], ['tags and actions', 'more']].map(([title, kind]) => {
    const head = make('th', {scope: 'col', role: 'columnheader', class: kind});
    head.append(make('span', {class: kind === 'more' ? 'unseen' : ''}, title));
    return head;
  });
  byId('runs-head').replaceChildren(choose, ...heads, ...others);
  byId('sort').replaceChildren(...used.flatMap(({key, title, kind, downFirst}) => [downFirst === true, downFirst !== true].map(isDown =>
    make('option', {value: `${isDown ? '-' : ''}${key}`}, `${title}, ${kind === 'number' ? (key === 'begun' ? (isDown ? 'newest first' : 'oldest first') : isDown ? 'most first' : 'least first') : isDown ? 'Z to A' : 'A to Z'}`))));
}

function sortBy(key) {
  const column = columnOf(key), isDown = view.sort.key === key ? !view.sort.isDown : column.downFirst === true;
  Object.assign(view, {sort: {key, isDown}, limit: pageOfRows});
  inOrder = null;
  keepAddress();
  showTable();
}

/// Puts rows in their order; those that are in their place are not touched.
function placeRows(body, rows) {
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  let at = body.firstChild;
  for (const row of rows) {
    if (row === at) at = at.nextSibling; else body.insertBefore(row, at);
  }
  while (at !== null) { const next = at.nextSibling; at.remove(); at = next; }
  if (focused !== null && document.activeElement !== focused) (focused.isConnected ? focused : byId('runs-box')).focus({preventScroll: true});
}

function showTable() {
  useColumns();
  const found = matching(), shown = isPrinting ? found : found.slice(0, view.limit), all = store.runs.size;
  placeRows(byId('runs-body'), shown.map(rowOf));
  for (const head of byId('runs-head').children) {
    const isSorted = head.dataset.key === view.sort.key;
    if (isSorted) attribute(head, 'aria-sort', view.sort.isDown ? 'descending' : 'ascending'); else head.removeAttribute('aria-sort');
  }
  byId('sort').value = `${view.sort.isDown ? '-' : ''}${view.sort.key}`;
  say(byId('found'), found.length === all ? plural(all, 'run') : `${count(found.length)} of ${plural(all, 'run')}`);
  byId('no-match').hidden = found.length > 0;
  byId('runs-box').hidden = found.length === 0;
  const left = found.length - shown.length;
  byId('more').hidden = left === 0;
  say(byId('more-text'), `${count(shown.length)} of ${count(found.length)} are in the table.`);
  say(byId('more-some'), `Show ${count(Math.min(left, pageOfRows))} more`);
  say(byId('more-all'), `Show all ${count(found.length)}`);
  byId('more-all').hidden = left <= pageOfRows;
  const some = found.reduce((sum, run) => sum + view.chosen.has(run.id), 0), isAll = some === found.length && some > 0, box = byId('choose-shown');
  Object.assign(box, {checked: isAll, indeterminate: some > 0 && !isAll});
  const whom = found.length === all ? `all ${plural(all, 'run')}` : `the ${plural(found.length, 'run')} that ${found.length === 1 ? 'fits' : 'fit'} the filter`;
  attribute(box, 'aria-label', `choose ${whom}`);
  say(byId('choose-all'), isAll ? `Choose ${found.length === all ? 'none' : 'none of these'}` : `Choose ${whom}`);
  byId('choose-all').hidden = found.length === 0;
}

function chooseMatching(isChosen) {
  for (const run of matching()) if (isChosen) view.chosen.add(run.id); else view.chosen.delete(run.id);
  showChoice();
}

byId('runs-body').addEventListener('click', event => {
  const row = event.target.closest('tr');
  if (row === null) return;
  if (event.target.matches('.more button')) { openSteering([row.dataset.id]); return; }
  if (!event.target.matches('.choose input')) return;
  const ids = [...byId('runs-body').children].map(one => one.dataset.id), here = ids.indexOf(row.dataset.id), from = event.shiftKey ? ids.indexOf(lastPressed) : -1;
  for (const id of from < 0 ? [row.dataset.id] : ids.slice(Math.min(from, here), Math.max(from, here) + 1)) {
    if (event.target.checked) view.chosen.add(id); else view.chosen.delete(id);
  }
  lastPressed = row.dataset.id;
  showChoice();
});
byId('choose-all').addEventListener('click', () => chooseMatching(!byId('choose-shown').checked));
byId('more-some').addEventListener('click', () => showMore(view.limit + pageOfRows));
byId('more-all').addEventListener('click', () => showMore(Infinity));
/// The first new row has the focus then: the button that was pressed may be gone.
function showMore(limit) {
  const first = byId('runs-body').children.length;
  view.limit = limit;
  showTable();
  byId('runs-body').children[first]?.querySelector('input').focus({preventScroll: true});
}
byId('sort').addEventListener('change', () => {
  const value = byId('sort').value;
  Object.assign(view, {sort: {key: value.replace(/^-/, ''), isDown: value.startsWith('-')}, limit: pageOfRows});
  inOrder = null;
  keepAddress();
  showTable();
});

// On paper are all.
const print = matchMedia('print');
const printing = isNow => { if (isPrinting !== isNow && store.runs.size > 0) { isPrinting = isNow; showTable(); } };
addEventListener('beforeprint', () => printing(true));
addEventListener('afterprint', () => printing(false));
print.addEventListener('change', () => printing(print.matches));
