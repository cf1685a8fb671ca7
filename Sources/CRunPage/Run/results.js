/// Of more classes than this the matrix is wider than any page: those that do worst are named, and it is drawn when it is opened.
const matrixLimit = 20;
const className = (names, label) => words(names[label] ?? label, 40);

/// What the last test measured beside accuracy and loss: by name, class by class, and which class was taken for which.
function showResults(results, names) {
  const metrics = record(results.metrics), accuracies = list(results.classAccuracies), mistakes = list(results.mistakes);
  const isKnown = Object.keys(metrics).length > 0 || accuracies.length > 0 || mistakes.length > 0;
  byId('results').hidden = !isKnown;
  if (!isKnown) return;
  const shown = JSON.stringify([results, names]);
  if (byId('results').dataset.shown === shown) return;
  byId('results').dataset.shown = shown;
  say(byId('results-round'), number(results.round) === null ? '' : `round ${count(results.round)}`);
  byId('results-list').replaceChildren(...Object.keys(metrics).sort().map(key => {
    const group = make('div');
    group.append(make('dt', {class: 'data'}, words(key.replaceAll('_', ' '), 80)), make('dd', {}, key.endsWith('accuracy') ? percent(metrics[key]) : nats(metrics[key])));
    return group;
  }));
  const matrix = list(results.confusion).map(list);
  const hasMatrix = matrix.length > 0 && matrix.length <= 1000 && matrix.every(row => row.length === matrix.length);
  const isSmall = hasMatrix && matrix.length <= matrixLimit;
  const known = accuracies.map((accuracy, label) => [accuracy, label]).filter(([accuracy]) => number(accuracy) !== null).sort(([a], [b]) => a - b);
  byId('results-classes').hidden = isSmall || known.length === 0;
  say(byId('results-classes'), `Of ${plural(accuracies.length, 'class').replace('classs', 'classes')} the model does worst on `
    + known.slice(0, 10).map(([accuracy, label]) => `${className(names, label)} (${percent(accuracy)})`).join(', ') + '.');
  showClasses(accuracies, names);
  const details = byId('confusion-details');
  details.hidden = !hasMatrix;
  if (hasMatrix) {
    say(byId('confusion-summary'), `Confusion matrix of ${count(matrix.length)} classes`);
    if (details.dataset.size !== String(matrix.length)) details.open = isSmall || isPrinting;
    details.dataset.size = matrix.length;
    showMatrix = () => { drawMatrix(matrix, accuracies, names); showMatrix = null; };
    if (details.open) showMatrix();
  }
  showMistakes(mistakes, names);
}
/// A caption that stays in sight when its table is scrolled sideways.
function captionOf(text) {
  const caption = make('caption');
  caption.append(make('span', {}, text));
  return caption;
}

let showMatrix = null;
byId('confusion-details').addEventListener('toggle', () => { if (byId('confusion-details').open) showMatrix?.(); });

function drawMatrix(matrix, accuracies, names) {
  const table = byId('confusion'), head = make('tr'), body = make('tbody'), name = label => className(names, label);
  attribute(table, 'class', matrix.length > matrixLimit ? 'dense' : '');
  head.append(make('th', {scope: 'col'}, 'class'), ...matrix.map((row, label) => make('th', {scope: 'col', class: 'number data'}, name(label))), make('th', {scope: 'col', class: 'number'}, 'accuracy'));
  matrix.forEach((row, label) => {
    const line = make('tr'), sum = row.reduce((total, value) => total + (number(value) ?? 0), 0);
    line.append(make('th', {scope: 'row', class: 'data'}, name(label)));
    row.forEach((value, taken) => {
      const cell = make('td', {}, count(value)), share = sum > 0 ? Math.max(0, Math.min(1, (number(value) ?? 0) / sum)) : 0;
      if (value === 0) cell.className = 'zero';
      else cell.style.background = `color-mix(in srgb, var(--${taken === label ? 'good' : 'bad'}) ${Math.round(45 * Math.sqrt(share))}%, var(--card))`;
      line.append(cell);
    });
    line.append(make('td', {}, percent(accuracies[label])));
    body.append(line);
  });
  const top = make('thead');
  top.append(head);
  table.replaceChildren(captionOf('Test samples by their class (rows) and the one that they were taken for (columns)'), top, body);
}

let shownClasses = null;
/// A bar for each class, in the classes' order or the worst first.
function showClasses(accuracies, names) {
  shownClasses = [accuracies, names];
  const known = accuracies.map((accuracy, label) => [number(accuracy), label]).filter(([accuracy]) => accuracy !== null);
  byId('classes').hidden = known.length === 0;
  if (byId('classes-sorted').checked) known.sort(([a], [b]) => a - b);
  const longest = known.reduce((most, [, label]) => Math.max(most, className(names, label).length), 1);
  byId('classes-list').style.setProperty('--name', `${Math.min(16, longest + 1)}ch`);
  byId('classes-list').replaceChildren(...known.map(([accuracy, label]) => {
    const item = make('li'), bar = make('span', {class: 'bar', 'aria-hidden': 'true'}), fill = make('span');
    fill.style.width = `${Math.max(0, Math.min(100, accuracy * 100)).toFixed(1)}%`;
    bar.append(fill);
    item.append(make('span', {class: 'data'}, className(names, label)), ' ', bar, make('span', {class: 'number'}, percent(accuracy)));
    return item;
  }));
}
byId('classes-sorted').addEventListener('change', () => showClasses(...shownClasses));

/// The images that the model is surest of and wrong about. Only pictures that are in the state itself are shown.
function showMistakes(mistakes, names) {
  const shown = mistakes.map(record).filter(one => number(one.truth) !== null && number(one.guess) !== null).slice(0, 24);
  byId('mistakes').hidden = shown.length === 0;
  byId('mistakes-list').replaceChildren(...shown.map(one => {
    const item = make('li'), truth = className(names, one.truth), guess = className(names, one.guess);
    const sample = number(one.index) === null ? 'test sample' : `test sample ${count(one.index)}`;
    if (typeof one.image === 'string' && /^data:image\/png;base64,[A-Za-z0-9+/]+=*$/.test(one.image)) {
      item.append(make('img', {src: one.image, alt: `${sample}: ${truth}, taken for ${guess}`, width: 84, height: 84, title: sample}));
    } else item.append(make('span', {class: 'no-image data'}, sample));
    const words = make('span', {class: 'data'});
    words.append(make('strong', {}, truth), ' → ', make('strong', {class: 'wrong'}, guess));
    item.append(words, make('span', {class: 'quiet'}, percent(one.confidence)));
    return item;
  }));
}
