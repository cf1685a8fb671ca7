// One dialog for the actions on one run, or on several at once
const buttonTitles = {pause: 'Pause', resume: 'Resume', stop: 'Stop', remove: 'Remove'};
let steered = []; // ids
let isActing = false;

const steeredRuns = () => steered.map(id => store.runs.get(id)).filter(run => run !== undefined);
const mayAct = () => store.steering.allowed !== false && steeringToken.value !== null && !isActing;
const able = action => steeredRuns().filter(run => run.actions.includes(action) && hasPath(run.id));

function openSteering(ids) {
  steered = ids;
  const [run] = steeredRuns(), isOne = steered.length === 1;
  if (run === undefined) return;
  byId('new-name').value = isOne ? run.name ?? '' : '';
  byId('new-note').value = isOne ? run.note ?? '' : '';
  byId('new-rounds').value = isOne && run.numbers.planned !== null ? String(run.numbers.planned) : '';
  byId('new-tag').value = '';
  say(byId('steer-said'), '');
  showSteering();
  byId('steer').showModal();
}

/// What may change while the dialog is open; what somebody writes into it stays.
function showSteering() {
  const runs = steeredRuns(), isOne = steered.length === 1;
  if (runs.length === 0) { byId('steer').close(); return; }
  const [run] = runs;
  say(byId('steer-title'), isOne ? words(run.shownName, 120) : plural(runs.length, 'chosen run'));
  say(byId('steer-state'), isOne ? `${words(run.id, 80)} · ${words(run.stateText ?? run.state, 80)}` : runs.slice(0, 5).map(one => words(one.shownName, 40)).join(', ') + (runs.length > 5 ? ' …' : ''));
  showWhy(byId('steer-why'));
  byId('steer-name').hidden = byId('steer-note').hidden = !isOne;
  byId('steer-extend').hidden = !isOne || able('extend').length === 0;
  for (const [form, action] of [['name', 'rename'], ['tag', 'tag'], ['note', 'note'], ['extend', 'extend']]) {
    for (const part of byId(`steer-${form}`).querySelectorAll('input, textarea, button')) part.disabled = !mayAct() || able(action).length === 0;
  }
  const tags = new Map();
  for (const one of runs) for (const tag of one.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  byId('steer-tags').parentElement.hidden = tags.size === 0;
  const focused = document.activeElement?.dataset?.tag;
  byId('steer-tags').replaceChildren(...[...tags].slice(0, 100).map(([tag, some]) => {
    const item = make('li', {class: 'data'}, words(tag, 120) + (isOne ? '' : ` ${some} of ${runs.length}`));
    const out = make('button', {type: 'button', class: 'small', 'aria-label': `take the tag ${words(tag, 60)} away`}, '×');
    Object.assign(out, {disabled: !mayAct() || able('tag').length === 0});
    out.dataset.tag = tag;
    out.addEventListener('click', () => actOnAll('tag', one => one.tags.includes(tag) ? {tags: one.tags.filter(other => other !== tag)} : null));
    item.append(out);
    return item;
  }));
  if (focused !== undefined) (byId('steer-tags').querySelector('button') ?? byId('new-tag')).focus();
  const buttons = byId('steer-buttons');
  if (buttons.children.length === 0) {
    for (const action of Object.keys(buttonTitles)) {
      const button = make('button', {type: 'button', class: action === 'stop' || action === 'remove' ? 'bad' : '', 'data-action': action});
      button.addEventListener('click', () => press(action));
      buttons.append(button);
    }
  }
  for (const button of buttons.children) {
    const {action} = button.dataset, some = able(action).length;
    button.hidden = some === 0;
    button.disabled = !mayAct();
    say(button, `${buttonTitles[action]}${isOne ? '' : some === runs.length ? ` ${some === 1 ? 'it' : `all ${some}`}` : ` ${some} of ${runs.length}`}${action === 'remove' ? ' …' : ''}`);
  }
}

async function press(action) {
  if (action === 'remove') {
    const runs = able('remove'), whom = runs.length === 1 ? `the run “${words(runs[0].shownName, 80)}”` : `${plural(runs.length, 'run')}`;
    if (!await isMeant(`Remove ${whom} from the store for good? Nothing brings ${runs.length === 1 ? 'it' : 'them'} back.`, runs.length === 1 ? 'Remove it' : `Remove all ${count(runs.length)}`)) return;
    // What was asked is what is done: a run that came meanwhile was not asked about.
    await actOnAll(action, run => runs.includes(run) || runs.some(one => one.id === run.id) ? {} : null);
  } else {
    await actOnAll(action, () => ({}));
  }
}

/// Asks for an action on each that can do it, one after the other; `body` gives its members, or null where there is nothing to do.
async function actOnAll(action, body) {
  if (!mayAct()) return;
  const todo = able(action).map(run => [run, body(run)]).filter(([, members]) => members !== null), wrong = [];
  let said = '', done = 0;
  isActing = true;
  showSteering();
  for (const [run, members] of todo) {
    if (todo.length > 1) say(byId('steer-said'), `${count(done + wrong.length)} of ${count(todo.length)} …`);
    const answer = await act(`${runPath(run.id)}action`, {action, ...members});
    if (answer.ok) { done += 1; said = answer.text; } else wrong.push(`${todo.length > 1 ? `${words(run.shownName, 60)}: ` : ''}${answer.text}`);
    // Without the right token no other would be done either.
    if (answer.status === 401) { steeringToken.keep(''); break; }
  }
  isActing = false;
  const failed = wrong.length === 0 ? '' : wrong.slice(0, 3).join(' ') + (wrong.length > 3 ? ` And ${wrong.length - 3} more.` : '');
  const sentence = todo.length === 0 ? 'There is nothing to change.' : todo.length === 1 ? failed || said : [`${count(done)} of ${count(todo.length)} done.`, failed].filter(text => text !== '').join(' ');
  say(byId('steer-said'), sentence);
  byId('steer-said').classList.toggle('bad', wrong.length > 0);
  say(byId('said'), sentence);
  await refresh();
  if (byId('steer').open) showSteering();
  showStanding();
}

const onSubmit = (id, action, members) => byId(id).addEventListener('submit', async event => {
  event.preventDefault();
  await actOnAll(action, members());
});
onSubmit('steer-name', 'rename', () => { const name = byId('new-name').value.trim(); return () => ({name: name === '' ? null : name}); });
onSubmit('steer-note', 'note', () => { const note = byId('new-note').value.trim(); return () => ({note}); });
onSubmit('steer-extend', 'extend', () => { const rounds = byId('new-rounds').valueAsNumber; return () => ({rounds}); });
onSubmit('steer-tag', 'tag', () => {
  const added = byId('new-tag').value.split(',').map(tag => tag.trim()).filter(tag => tag !== '');
  byId('new-tag').value = '';
  return run => added.every(tag => run.tags.includes(tag)) ? null : {tags: [...new Set([...run.tags, ...added])]};
});
byId('steer-close').addEventListener('click', () => byId('steer').close());

/// Why nothing can be steered, or the field for the token; the field is made once, so that what is pasted stays.
function showWhy(node) {
  const kind = store.steering.allowed === false ? `no ${words(store.steering.why)}` : steeringToken.value === null ? 'token' : '';
  node.hidden = kind === '';
  if (node.dataset.kind === kind) return;
  node.dataset.kind = kind;
  if (kind === 'token' && node.id === 'steering') {
    // Who only looks needs no field before the runs.
    const details = make('details');
    details.append(make('summary', {}, 'Names, tags, notes and actions need the token'), tokenForm(showStanding));
    node.replaceChildren(details);
  } else if (kind === 'token') node.replaceChildren(tokenForm(showStanding));
  else node.replaceChildren(make('p', {class: 'data'}, kind === '' ? '' : store.steering.why ? `These runs can’t be steered from here: ${words(store.steering.why)}` : 'These runs can’t be steered from here.'));
}
function showStanding() {
  showWhy(byId('steering'));
  if (store.runs.size === 0) byId('steering').hidden = true;
  if (byId('steer').open) showSteering();
}
