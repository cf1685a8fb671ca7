/// A curve over rounds, seconds or bytes, with bands and lines beside it.
///
/// Points are {round, elapsed, carried, seconds, value, low, high, lower, upper}: a value, the lowest and
/// highest beside it, and the middle half. Lines are {name, values, look}: a value a point, and a look,
/// or null for a thin one.
class Chart {
  constructor(box, options) {
    Object.assign(this, {
      box, points: [], lines: [], planned: 1, over: 'rounds', target: null, chosen: null, near: null,
      valueName: '', bandName: 'clients'}, options);
    box.addEventListener('pointermove', event => this.point(event));
    box.addEventListener('pointerdown', event => this.point(event));
    box.addEventListener('pointerleave', () => this.choose(null));
    box.addEventListener('keydown', event => this.press(event));
    box.addEventListener('blur', () => this.choose(null));
    new ResizeObserver(() => { if (this.measure()) this.render(); }).observe(box);
  }

  update(points, planned, over, target = null, lines = []) {
    Object.assign(this, {points, planned, over, target, lines});
    if (this.chosen !== null && this.chosen >= points.length) this.chosen = null;
    this.render();
  }

  /// Where a round is on the axis: by its number, or by the seconds or bytes until its end.
  place(point) { return point[axes[this.over].member]; }

  press(event) {
    const last = this.points.length - 1;
    if (last < 0) return;
    const from = this.chosen ?? (event.key === 'ArrowRight' ? -1 : last + 1);
    const to = {ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: last}[event.key];
    if (event.key === 'Escape') this.choose(null);
    if (to === undefined) return;
    event.preventDefault();
    this.choose(Math.max(0, Math.min(last, to)));
  }

  point(event) {
    if (!this.scaleX || this.points.length === 0) return;
    const frame = this.box.getBoundingClientRect();
    const index = this.nearest(event.clientX - frame.left), y = event.clientY - frame.top;
    let near = null, distance = 12;
    for (const line of this.lines) {
      const value = line.values[index];
      if (value === null || Math.abs(this.scaleY(value) - y) >= distance) continue;
      near = line;
      distance = Math.abs(this.scaleY(value) - y);
    }
    this.choose(index, near);
  }

  nearest(x) {
    let best = 0;
    this.points.forEach((point, index) => {
      const away = one => Math.abs(this.scaleX(this.place(one)) - x);
      if (away(point) < away(this.points[best])) best = index;
    });
    return best;
  }

  choose(index, near = null) {
    if (index === this.chosen && near === this.near) return;
    Object.assign(this, {chosen: index, near});
    this.mark();
  }

  /// Vertical range and step; at least `leastSpan` high, so that noise doesn't look like news.
  range() {
    let low = Infinity, high = -Infinity;
    const take = value => {
      if (value === null || value === undefined) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    };
    for (const point of this.points) { take(point.value); take(point.low); take(point.high); }
    for (const line of this.lines) line.values.forEach(take);
    take(this.target);
    const room = Math.max((high - low) * 0.12, (this.leastSpan - (high - low)) / 2, 1e-9);
    low = Math.max(this.floor, low - room);
    high = Math.min(this.ceiling, high + room);
    if (this.fromFloor) low = this.floor;
    const step = niceStep((high - low) / 4.5);
    return {low: Math.floor(low / step + 1e-9) * step, high: Math.ceil(high / step - 1e-9) * step, step};
  }

  /// Asks how large the box is, which makes the browser lay out the page. Returns whether that has changed.
  measure() {
    const {width, height} = this;
    Object.assign(this, {width: this.box.clientWidth, height: this.box.clientHeight});
    return width !== this.width || height !== this.height;
  }

  render() {
    const {box, points} = this;
    if (!this.width) this.measure();
    if (this.width === 0) return;
    if (!points.some(point => point.value !== null) && this.lines.length === 0) {
      this.scaleX = null;
      const line = points.length === 0
        ? (isReport ? 'No round was finished.' : 'The curve begins when the first round is over.')
        : `No round so far has a finite ${this.noun}.`;
      box.replaceChildren(make('p', {class: 'nothing'}, line));
      box.removeAttribute('tabindex');
      box.removeAttribute('role');
      return;
    }
    box.tabIndex = 0;
    attribute(box, 'role', 'group');
    attribute(box, 'aria-label', `${this.label}, by the arrow keys`);
    this.svg = drawChart(this);
    box.replaceChildren(this.svg);
    this.mark();
  }

  /// Shows the chosen round's numbers.
  mark() {
    this.box.querySelectorAll('.tip, .cursor').forEach(node => node.remove());
    this.box.querySelectorAll('.near').forEach(node => node.classList.remove('near'));
    const point = this.chosen === null ? undefined : this.points[this.chosen];
    if (!point || !this.scaleX) return;
    const x = this.scaleX(this.place(point)), {top, bottom} = this.frame;
    this.svg.append(draw('line', {class: 'cursor', x1: x, x2: x, y1: top, y2: bottom}));
    const tip = make('div', {class: 'tip', role: 'status'});
    const value = point.value === null ? 'not tested' : this.valueName + this.format(point.value);
    tip.append(make('div', {}, `round ${point.round}: ${value}`));
    if (point.low !== null && point.high !== null) tip.append(make('div', {}, `${this.bandName} ${this.format(point.low)} – ${this.format(point.high)}`));
    const named = this.lines.filter(line => (line.look !== null || line === this.near) && line.values[this.chosen] !== null);
    for (const line of named.slice(0, 8)) tip.append(make('div', {class: line === this.near ? 'data chosen' : 'data'}, `${line.name} ${this.format(line.values[this.chosen])}`));
    if (point.seconds !== null) tip.append(make('div', {}, `took ${seconds(point.seconds)}` + (this.over === 'seconds' ? `, ended after ${seconds(point.elapsed)}` : '')));
    if (this.over === 'bytes') tip.append(make('div', {}, `${bytes(point.carried)} until then`));
    this.svg.querySelectorAll('.line')[this.lines.indexOf(this.near)]?.classList.add('near');
    this.box.append(tip);
    const width = tip.offsetWidth, room = this.box.clientWidth;
    const side = x + 12 + width > room ? x - 12 - width : x + 12;
    tip.style.left = `${Math.max(0, Math.min(side, room - width))}px`;
  }
}
