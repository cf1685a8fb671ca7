// What is looked at: filter, order and choice. The address's fragment keeps them, so that a look can be bookmarked.
const pageOfRows = 50; // a table of thousands takes a browser seconds
const view = {filter: '', sort: {key: 'begun', isDown: true}, chosen: new Set(), limit: pageOfRows};

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1)), sort = parts.get('sort') ?? '-begun';
  view.filter = parts.get('filter') ?? '';
  view.sort = {key: columnOf(sort.replace(/^-/, '')).key, isDown: sort.startsWith('-')};
  view.chosen = new Set(parts.getAll('chosen'));
  view.limit = pageOfRows;
}

let addressTimer = null;
/// Soon, since browsers refuse an address that changes with every key.
function keepAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const parts = new URLSearchParams(), sort = `${view.sort.isDown ? '-' : ''}${view.sort.key}`;
    if (view.filter.trim() !== '') parts.set('filter', view.filter.trim());
    if (sort !== '-begun') parts.set('sort', sort);
    // An address of thousands of names is none to keep.
    if (view.chosen.size <= 200) for (const id of view.chosen) parts.append('chosen', id);
    const text = parts.toString();
    history.replaceState(history.state, '', location.pathname + location.search + (text === '' ? '' : `#${text}`));
  }, 250);
}

let inOrder = null; // the runs by the column they are sorted by; null where it must be found anew
function matching() {
  inOrder ??= sortedRuns(view.sort);
  return view.filter.trim() === '' ? inOrder : inOrder.filter(readFilter(view.filter));
}
