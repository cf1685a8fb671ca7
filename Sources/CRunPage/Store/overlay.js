// A chart of many lines; the pointer and the arrow keys tell the values at one place, nearest line first
class Overlay {
  constructor(box, options) {
    Object.assign(this, options, {box, lines: [], over: 'rounds', band: null, at: null, lit: null, key: '', scale: null});
    box.addEventListener('pointermove', event => this.point(event));
    box.addEventListener('pointerdown', event => this.point(event));
    box.addEventListener('pointerleave', () => this.choose(null));
    box.addEventListener('blur', () => this.choose(null));
    box.addEventListener('keydown', event => this.press(event));
    new ResizeObserver(() => this.render()).observe(box);
  }

  /// `band` is range, deviation or null.
  update(lines, over, band) {
    const known = lines.filter(line => line.slot !== undefined).map(line => ({
      name: line.name, slot: line.slot, key: line.key, runs: line.runs.length,
      points: line.points.filter(point => point[this.measure] !== null && point[over] !== null).map(point => ({
        x: point[over], y: point[this.measure], of: point.of ?? 1, band: band === null ? null : point.band?.[this.measure]?.[band] ?? null}))
    })).filter(line => line.points.length > 0);
    const key = JSON.stringify([known, over, band, this.axis]);
    if (key === this.key) return;
    Object.assign(this, {key, lines: known, over, band, at: null});
    this.render();
  }

  light(key) {
    this.lit = key;
    for (const group of this.box.querySelectorAll('g[data-key]')) group.classList.toggle('dim', key !== null && group.dataset.key !== key);
  }

  /// The places on the axis where some line has a value.
  places() { return [...new Set(this.lines.flatMap(line => line.points.map(point => point.x)))].sort((a, b) => a - b); }

  point(event) {
    if (this.scale === null) return;
    const frame = this.box.getBoundingClientRect(), x = event.clientX - frame.left, away = place => Math.abs(this.scale.x(place) - x);
    this.choose(this.places().reduce((best, place) => away(place) < away(best) ? place : best, Infinity), event.clientY - frame.top);
  }

  press(event) {
    if (this.scale === null) return;
    const places = this.places(), here = places.indexOf(this.at), last = places.length - 1;
    if (event.key === 'Escape') this.choose(null);
    const to = {ArrowRight: here + 1, ArrowLeft: here < 0 ? last : here - 1, Home: 0, End: last}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(places[Math.max(0, Math.min(last, to))]);
  }

  render() {
    const {box} = this, width = box.clientWidth, height = box.clientHeight;
    if (width === 0) return;
    this.scale = null;
    if (this.lines.length === 0) {
      box.replaceChildren(make('p', {class: 'nothing'}, this.over === 'rounds' ? `None of these runs has a ${this.noun} yet.` : `None of these runs has a ${this.noun} whose ${this.over} are known.`));
      box.removeAttribute('tabindex');
      return;
    }
    box.tabIndex = 0;
    const all = this.lines.flatMap(line => line.points), heights = all.flatMap(point => [point.y, ...point.band ?? []]);
    let low = heights.reduce((a, b) => Math.min(a, b)), high = heights.reduce((a, b) => Math.max(a, b));
    const room = Math.max((high - low) * 0.06, (this.leastSpan - (high - low)) / 2, 1e-9);
    low = Math.max(this.floor, low - room); high = Math.min(this.ceiling, high + room);
    if (high <= low) high = low + 1e-6;
    const step = niceStep((high - low) / 4.5);
    low = Math.floor(low / step + 1e-9) * step; high = Math.ceil(high / step - 1e-9) * step;
    const labels = [];
    for (let index = 0; low + index * step <= high + step / 2; index += 1) labels.push([low + index * step, this.tick(low + index * step, step)]);
    const first = this.over === 'rounds' ? 1 : 0, last = Math.max(all.reduce((most, point) => Math.max(most, point.x), 0), first + (this.over === 'rounds' ? 1 : 1e-6));
    const left = 34 + 7 * Math.max(...labels.map(([, text]) => text.length)), right = width - 16, top = 12, bottom = height - 42;
    const x = place => left + 8 + (right - left - 16) * (place - first) / (last - first), y = value => bottom - (bottom - top) * (value - low) / (high - low);
    this.scale = {x, y, left, right, top, bottom};
    const svg = draw('svg', {role: 'img', viewBox: `0 0 ${width} ${height}`, 'aria-label':
      `${this.noun} over ${this.over} of ${plural(this.lines.length, 'line')}: ${this.lines.slice(0, 8).map(line => `${line.name} ${this.format(line.points[line.points.length - 1].y)}`).join(', ')}. The arrow keys walk through the values.`});
    for (const [value, text] of labels) {
      svg.append(draw('line', {class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value)}), draw('text', {class: 'tick-y', x: left - 8, y: y(value) + 4, 'text-anchor': 'end'}, text));
    }
    for (const [place, text] of this.over === 'rounds' ? roundTicks(first, last, right - left) : amountTicks(last, right - left, this.over === 'bytes' ? byteUnit(last)[0] : 1)) {
      svg.append(draw('line', {class: 'axis', x1: x(place), x2: x(place), y1: bottom, y2: bottom + 4}), draw('text', {class: 'tick-x', x: x(place), y: bottom + 18, 'text-anchor': 'middle'}, text));
    }
    svg.append(draw('path', {class: 'axis', fill: 'none', d: `M${left} ${top}V${bottom}H${right}`}));
    svg.append(draw('text', {class: 'title', x: (left + right) / 2, y: height - 5, 'text-anchor': 'middle'}, this.over === 'rounds' ? 'round' : this.over === 'bytes' ? `${byteUnit(last)[1]} received and sent` : 'seconds'));
    svg.append(draw('text', {class: 'title', 'text-anchor': 'middle', transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`}, this.axis));
    const path = (points, value) => points.map(point => `${x(point.x).toFixed(1)} ${y(value(point)).toFixed(1)}`).join('L');
    const clip = value => Math.min(high, Math.max(low, value));
    for (const line of this.lines) {
      const group = draw('g', {class: strokeOf(line.slot)}), {points} = line, wide = points.filter(point => point.band !== null);
      group.dataset.key = line.key;
      group.classList.toggle('dim', this.lit !== null && this.lit !== line.key);
      if (wide.length > 1) group.append(draw('path', {class: 'spread', d: `M${path(wide, point => clip(point.band[1]))}L${path(wide.slice().reverse(), point => clip(point.band[0]))}Z`}));
      group.append(draw('path', {class: `curve ${strokeOf(line.slot)}`, d: `M${path(points, point => point.y)}`}));
      const end = points[points.length - 1];
      group.append(draw('circle', {class: 'end', cx: x(end.x), cy: y(end.y), r: points.length === 1 ? 5 : 3.5}));
      svg.append(group);
    }
    box.replaceChildren(svg);
    this.svg = svg;
    this.mark();
  }

  choose(place, height = null) {
    if (place === this.at && height === this.height) return;
    Object.assign(this, {at: place, height});
    this.mark();
  }

  /// Shows the values at the chosen place: of each line its last one until there.
  mark() {
    this.box.querySelectorAll('.tip, .cursor').forEach(node => node.remove());
    if (this.at === null || this.scale === null || !Number.isFinite(this.at)) return;
    const {x, y, top, bottom} = this.scale, at = x(this.at);
    const values = this.lines.map(line => ({line, point: line.points.findLast(point => point.x <= this.at)})).filter(one => one.point !== undefined);
    values.sort((a, b) => b.point.y - a.point.y);
    const nearest = this.height === null ? null : values.reduce((best, one) => best === null || Math.abs(y(one.point.y) - this.height) < Math.abs(y(best.point.y) - this.height) ? one : best, null);
    const from = Math.max(0, Math.min(values.length - 10, nearest === null ? 0 : values.indexOf(nearest) - 5));
    this.svg.append(draw('line', {class: 'cursor', x1: at, x2: at, y1: top, y2: bottom}));
    const tip = make('div', {class: 'tip many', role: 'status'});
    tip.append(make('div', {}, this.over === 'rounds' ? `round ${count(this.at)}` : this.over === 'bytes' ? bytes(this.at) : seconds(this.at)));
    for (const one of values.slice(from, from + 10)) {
      const {line, point} = one, row = make('div', {class: one === nearest ? 'near' : ''});
      const spread = point.band === null ? '' : ` (${this.format(point.band[0])} – ${this.format(point.band[1])}${point.of < line.runs ? `, ${point.of} of ${line.runs}` : ''})`;
      row.append(swatch(line.slot), make('b', {}, this.format(point.y)), spread, ' ', make('span', {class: 'data'}, words(line.name, 40)));
      tip.append(row);
    }
    if (values.length > 10) tip.append(make('div', {}, `and ${values.length - 10} more`));
    this.box.append(tip);
    const room = this.box.clientWidth, side = at + 12 + tip.offsetWidth > room ? at - 12 - tip.offsetWidth : at + 12;
    // Where most lines are not.
    if (meanOf(values.map(one => y(one.point.y))) < (top + bottom) / 2) Object.assign(tip.style, {top: 'auto', bottom: `${this.box.clientHeight - bottom + 4}px`});
    tip.style.left = `${Math.max(0, Math.min(side, room - tip.offsetWidth))}px`;
  }
}
