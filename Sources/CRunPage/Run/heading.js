/// What a run is called: by its user, else by what it does.
const hasText = value => typeof value === 'string' && value.trim() !== '';
const titleOf = run => hasText(run.title) ? words(run.title, 200)
  : isDivided(run) ? `Partition ${words(run.partition, 80)}`
    : number(run.experiment) === null && typeof run.experiment !== 'string' ? 'A federated run' : `Experiment ${words(run.experiment, 40)}`;
const nameOf = run => hasText(run.name) ? words(run.name, 200) : titleOf(run);

function showHeading(run) {
  say(byId('name'), nameOf(run));
  byId('title').hidden = !hasText(run.name) || titleOf(run) === nameOf(run);
  say(byId('title'), titleOf(run));
  const facts = [run.model, run.strategy, run.dataset].filter(value => value !== null && value !== undefined && value !== '').map(value => words(value, 80));
  if (number(run.cohort) !== null) facts.push(`${plain(run.cohort)} of ${plural(run.clients, 'client')} a round`);
  if (number(run.epochs) !== null) facts.push(`${plain(run.epochs)} local epoch${run.epochs === 1 ? '' : 's'}`);
  if (number(run.steps) !== null) facts.push(plural(run.steps, 'local step'));
  if (number(run.batch_size) !== null || run.batch_size === 'all') facts.push(`batch ${plain(run.batch_size)}`);
  if (number(run.learning_rate) !== null) facts.push(`rate ${words(run.learning_rate)}`);
  say(byId('summary'), facts.join(' · '));
  const tags = list(run.tags).filter(hasText);
  byId('tags').hidden = tags.length === 0;
  if (byId('tags').dataset.shown !== JSON.stringify(tags)) {
    byId('tags').dataset.shown = JSON.stringify(tags);
    byId('tags').replaceChildren(...tags.slice(0, 100).map(tag => make('li', {class: 'data'}, words(tag, 100))));
  }
  byId('note').hidden = !hasText(run.note);
  say(byId('note'), hasText(run.note) ? words(run.note, 10000) : '');
  byId('insecure').hidden = run.insecure !== true;
  // The way back is on this server, however its address is written.
  const home = hasText(state.home) && /^[./]+$/.test(state.home) && !state.home.startsWith('//') ? state.home : null;
  byId('home').hidden = home === null || isReport;
  if (byId('home').hidden) byId('home').replaceChildren();
  else if (byId('home').firstElementChild?.getAttribute('href') !== home) byId('home').replaceChildren(make('a', {href: home}, '← All runs'));
}
