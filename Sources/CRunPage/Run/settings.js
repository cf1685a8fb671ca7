// Numbers may be of any size: 0.00001 is not 0.
const plain = value => number(value) === null || !Number.isInteger(value) ? words(value) : count(value);
// What the program says beside the settings, whose rows it words itself.
const before = [['id', 'run', words]];
const after = [
  ['parameters', 'parameters', count], ['data', 'data', words], ['threads', 'threads', count], ['cpu', 'CPU', words],
  ['blasCore', 'OpenBLAS core', words], ['simd', 'loops', words], ['startedAt', 'started', moment],
  ['address', 'address', words],
];
/// A partition takes the place of an experiment, and divides all images there are.
const isDivided = run => typeof run.partition === 'string';
function showSettings(run) {
  const own = facts => facts.filter(([key]) => run[key] !== null && run[key] !== undefined).map(([key, title, text]) => [title, text(run[key])]);
  const rows = list(run.rows).map(record).map(row => [words(row.title, 80), words(row.value)]);
  const known = [...own(before), ...rows, ...own(after)];
  byId('repeat').hidden = !hasText(run.repeat);
  showCommand(byId('repeat').querySelector('.command'), run.repeat);
  const target = byId('settings-list');
  byId('no-settings').hidden = known.length > 0;
  if (target.dataset.shown === JSON.stringify(known)) return;
  target.dataset.shown = JSON.stringify(known);
  target.replaceChildren(...known.map(([title, value]) => {
    const group = make('div');
    group.append(make('dt', {}, title), make('dd', {class: 'data'}, value));
    return group;
  }));
}
