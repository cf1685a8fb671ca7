/// A list that grows at one end and may lose its oldest: finds what is new and puts it on top.
class Feed {
  constructor(id, entry) {
    this.list = byId(id);
    this.entry = entry;
    this.keys = [];
  }
  update(items) {
    const keys = items.map(item => JSON.stringify(item));
    const old = this.keys;
    let gone = 0;
    while (gone < old.length && !(old.length - gone <= keys.length && old.slice(gone).every((key, index) => key === keys[index]))) gone += 1;
    for (let index = 0; index < gone; index += 1) this.list.lastElementChild.remove();
    for (let index = old.length - gone; index < items.length; index += 1) this.list.prepend(this.entry(record(items[index])));
    this.keys = keys;
    this.list.parentElement.hidden = items.length === 0;
  }
}
const drops = new Feed('drops-list', drop => {
  const item = make('li'), what = make('div');
  const round = number(drop.round) === null ? '' : `, round ${count(drop.round)}`;
  what.append(make('strong', {class: 'data'}, `client ${words(drop.client, 120)}`), round, ': ', make('span', {class: 'data'}, words(drop.reason)));
  item.append(timeNode(drop.at), what);
  return item;
});
const events = new Feed('events-list', event => {
  const item = make('li');
  item.append(timeNode(event.at), make('span', {class: 'data'}, words(event.text)));
  return item;
});
