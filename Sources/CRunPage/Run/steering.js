// The actions of the run's page
const actions = {
  pause: ['Pause', () => ({action: 'pause'})],
  resume: ['Resume', () => ({action: 'resume'})],
  stop: ['Stop', () => ({action: 'stop'})],
};
let isActing = false;
let shownSteering = '';

/// Which actions make sense now, and whether they can be asked for from here.
function showSteering(run) {
  const steering = record(state.steering), able = list(steering.actions).filter(name => typeof name === 'string');
  const why = hasText(steering.why) ? words(steering.why, 400) : '';
  byId('steering').hidden = isReport || able.length === 0 && why === '';
  const lacksToken = steering.needsToken !== false && steeringToken.value === null;
  const key = JSON.stringify([able, why, lacksToken, isActing, number(run.rounds)]);
  if (key === shownSteering) return;
  shownSteering = key;
  byId('steering-why').hidden = why === '';
  say(byId('steering-why'), why);
  byId('steering-token').hidden = !lacksToken || able.length === 0;
  if (byId('steering-token').childElementCount === 0) byId('steering-token').append(tokenForm(() => {
    say(byId('steering-said'), '');
    show(state);
    byId('steering-buttons').querySelector('button')?.focus();
  }));
  const mayNot = lacksToken || isActing;
  const focused = byId('steering-buttons').contains(document.activeElement) ? document.activeElement.dataset.action : null;
  const rounds = byId('rounds-wanted')?.value;
  byId('steering-buttons').replaceChildren();
  const button = (name, title, press, kind = '') => {
    const node = make('button', {type: 'button', class: kind, 'data-action': name}, title);
    node.disabled = mayNot;
    node.addEventListener('click', press);
    byId('steering-buttons').append(node);
    return node;
  };
  for (const [name, [title, body]] of Object.entries(actions)) if (able.includes(name)) button(name, title, () => steer(body()));
  if (able.includes('extend')) {
    const form = make('form', {class: 'extend'}), label = make('label', {}, 'to rounds in all'), planned = number(run.rounds) ?? 0;
    const field = make('input', {type: 'number', id: 'rounds-wanted', min: planned + 1, max: 1000000, step: 1, required: '', value: rounds > planned ? rounds : planned + 10, 'data-action': 'extend-rounds'});
    const send = make('button', {type: 'submit', 'data-action': 'extend'}, 'Extend');
    field.disabled = send.disabled = mayNot;
    label.append(field);
    form.append(send, label);
    form.addEventListener('submit', event => {
      event.preventDefault();
      steer({action: 'extend', rounds: field.valueAsNumber});
    });
    byId('steering-buttons').append(form);
  }
  const editable = ['rename', 'tag', 'note'].filter(name => able.includes(name));
  if (editable.length > 0) button('edit', 'Name, tags and note …', beginEditing);
  if (able.includes('remove')) button('remove', 'Remove …', removeRun, 'bad');
  for (const [name, id] of [['rename', 'edit-name'], ['tag', 'edit-tags'], ['note', 'edit-note']]) byId(id).hidden = !editable.includes(name);
  for (const field of byId('edit').elements) field.disabled = mayNot && field.id !== 'edit-cancel';
  if (editable.length === 0) byId('edit').hidden = true;
  // Where an action has gone, as Pause goes when a run waits, the first of the others has its focus.
  const next = name => byId('steering-buttons').querySelector(`[data-action="${name}"]`) ?? byId('steering-buttons').querySelector('button:enabled');
  if (focused !== null) next(focused)?.focus();
}

/// Asks for an action and says what came of it. Resolves to whether it was done.
async function steer(body) {
  if (isActing) return false;
  isActing = true;
  // What is disabled loses the focus, which comes back to its place afterwards.
  const held = document.activeElement, place = held?.dataset?.action;
  say(byId('steering-said'), '');
  show(state);
  const done = await act('action', body);
  isActing = false;
  // A token that the server refuses is of no use: the field for another comes back.
  if (!done.ok && done.status === 401) steeringToken.keep('');
  attribute(byId('steering-said'), 'class', done.ok ? 'data' : 'data failed');
  say(byId('steering-said'), done.text);
  show(state);
  if (document.activeElement === document.body) {
    const again = place === undefined ? held : byId('steering-buttons').querySelector(`[data-action="${place}"]`) ?? byId('steering-buttons').querySelector('button:enabled');
    again?.focus?.();
  }
  return done.ok;
}

async function removeRun() {
  const run = record(state.run), home = byId('home').firstElementChild?.getAttribute('href') ?? null;
  if (!await isMeant(`Remove ${nameOf(run)} for ever, with its rounds and its model? This cannot be undone.`, 'Remove it')) return;
  if (await steer({action: 'remove'}) && home !== null) location.href = home;
}

const tagText = run => list(run.tags).filter(hasText).join(', ');
function beginEditing() {
  const form = byId('edit'), run = record(state.run);
  form.hidden = false;
  form.elements.name.value = hasText(run.name) ? run.name : '';
  form.elements.tags.value = tagText(run);
  form.elements.note.value = hasText(run.note) ? run.note : '';
  [form.elements.name, form.elements.tags, form.elements.note].find(field => !field.parentElement.hidden)?.focus();
}
function endEditing() {
  byId('edit').hidden = true;
  byId('steering-buttons').querySelector('[data-action=edit]')?.focus();
}
byId('edit-cancel').addEventListener('click', endEditing);
byId('edit').addEventListener('keydown', event => { if (event.key === 'Escape') endEditing(); });
byId('edit').addEventListener('submit', async event => {
  event.preventDefault();
  const {name, tags, note} = byId('edit').elements, run = record(state.run), wanted = [];
  const values = [name.value.trim(), tags.value, note.value];
  if (!name.parentElement.hidden && values[0] !== (hasText(run.name) ? run.name.trim() : '')) wanted.push({action: 'rename', name: values[0] === '' ? null : values[0]});
  if (!tags.parentElement.hidden && values[1] !== tagText(run)) wanted.push({action: 'tag', tags: [...new Set(values[1].split(',').map(tag => tag.trim()).filter(hasText))]});
  if (!note.parentElement.hidden && values[2] !== (hasText(run.note) ? run.note : '')) wanted.push({action: 'note', note: values[2]});
  // Each is an action of its own; after a refusal the rest is not asked for, and the form stays.
  for (const body of wanted) if (!await steer(body)) return;
  endEditing();
});
