// Settings side by side: what differs, or all of them. A setting that differs has ≠ before it, a value unlike the first run's stands out.
function showSettings(lines) {
  const read = lines.filter(line => line.settings.length > 0), names = new Map();
  for (const line of read) for (const row of line.settings) if (!names.has(row.name)) names.set(row.name, words(row.title ?? row.name, 60));
  /// The value of a setting in all runs of a line: their seeds differ.
  const valueOf = (line, name) => [...new Set(line.states.map(state => {
    const row = settingsOf(state).find(one => one.name === name);
    return row === undefined ? unknown : words(row.value, 200);
  }))].join(', ');
  const rows = [...names].map(([name, title]) => ({title, values: read.map(line => valueOf(line, name))}))
    .map(row => ({...row, isDifferent: row.values.some(value => value !== row.values[0])}));
  const different = rows.filter(row => row.isDifferent), areAll = byId('all-settings').checked || read.length < 2, shown = areAll ? rows : different;
  const text = read.length === 0 ? 'No settings of these runs are known.' : read.length < 2 ? 'Choose a second run to see what differs.' : different.length === 0 ? 'None of the settings differ.' : '';
  say(byId('no-difference'), text);
  byId('no-difference').hidden = text === '';
  byId('settings-box').hidden = shown.length === 0;
  const key = JSON.stringify([shown, read.map(line => [line.name, line.slot])]);
  if (byId('settings').dataset.shown === key) return;
  byId('settings').dataset.shown = key;
  byId('settings-head').replaceChildren(make('th', {scope: 'col'}, 'setting'), ...read.map(line => {
    const head = make('th', {scope: 'col', class: 'data'});
    head.append(swatch(line.slot), ' ', line.name);
    return head;
  }));
  byId('settings-body').replaceChildren(...shown.map(row => {
    const line = make('tr', {class: row.isDifferent ? 'differs' : ''}), head = make('th', {scope: 'row', class: 'data'});
    if (row.isDifferent) head.append(make('span', {class: 'mark', role: 'img', 'aria-label': 'differs:'}, '≠'), ' ');
    head.append(row.title);
    line.append(head, ...row.values.map(value => make('td', {class: value === row.values[0] ? 'data' : 'data other'}, value)));
    return line;
  }));
}
