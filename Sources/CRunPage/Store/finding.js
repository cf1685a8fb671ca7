// The field and the buttons of the filter: a button puts its word into the field, so there is one filter
const tagsAtFirst = 12;
let areAllTags = false, shownChoices = '';

function setFilter(text) {
  Object.assign(view, {filter: text, limit: pageOfRows});
  if (byId('filter').value !== text) byId('filter').value = text;
  keepAddress();
  showTable();
  pressChoices();
}
byId('filter').addEventListener('input', () => {
  performance.mark('filter-begins');
  setFilter(byId('filter').value);
  performance.measure('filter', 'filter-begins');
});
byId('clear').addEventListener('click', () => { setFilter(''); byId('filter').focus(); });

const choice = (key, value, some) => {
  const button = make('button', {type: 'button', class: `small ${key} ${knownStates.has(value) ? value : ''}`, 'data-key': key});
  button.dataset.value = value;
  button.append(make('span', {class: 'data'}, words(value, 40)), make('span', {class: 'quiet'}, ` ${count(some)}`));
  return button;
};
for (const id of ['state-choices', 'tag-choices']) {
  byId(id).addEventListener('click', event => {
    const button = event.target.closest('button');
    if (button === null) return;
    if (button.id === 'all-tags') { areAllTags = true; showChoices(); byId('tag-choices').children[tagsAtFirst].focus(); return; }
    setFilter(toggledFilter(view.filter, button.dataset.key, button.dataset.value));
  });
}

/// The states and tags that there are, most frequent tags first.
function showChoices() {
  const states = new Map(), tags = new Map(), more = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const run of store.runs.values()) {
    more(states, run.state);
    for (const tag of new Set(run.tags)) more(tags, tag);
  }
  const known = [...states].sort(([a], [b]) => stateOrder.indexOf(a) - stateOrder.indexOf(b)), used = [...tags].sort(([a, n], [b, m]) => m - n || collator.compare(a, b));
  const shown = JSON.stringify([known, used, areAllTags]);
  if (shown !== shownChoices) {
    shownChoices = shown;
    const focused = document.activeElement?.dataset?.value, key = document.activeElement?.dataset?.key;
    const limit = areAllTags ? used.length : tagsAtFirst;
    byId('state-choices').replaceChildren(...known.map(([state, some]) => choice('state', state, some)));
    byId('tag-choices').replaceChildren(...used.slice(0, limit).map(([tag, some]) => choice('tag', tag, some)));
    if (used.length > limit) byId('tag-choices').append(make('button', {type: 'button', class: 'small', id: 'all-tags'}, `all ${count(used.length)} tags`));
    byId('state-choices').hidden = known.length < 2;
    byId('tag-choices').hidden = used.length === 0;
    if (key !== undefined) [...document.querySelectorAll('.choices button')].find(one => one.dataset.value === focused && one.dataset.key === key)?.focus();
  }
  pressChoices();
}
function pressChoices() {
  for (const button of document.querySelectorAll('.choices button[data-key]')) attribute(button, 'aria-pressed', String(hasPart(view.filter, button.dataset.key, button.dataset.value)));
}
