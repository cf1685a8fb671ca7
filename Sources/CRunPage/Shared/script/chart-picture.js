/// A chart's picture; leaves its scales and its frame with the chart.
function drawChart(chart) {
  const {points, lines, over, width, height} = chart;
  const known = points.filter(point => point.value !== null);
  const {low, high, step} = chart.range();
  const labels = [];
  for (let index = 0; low + index * step <= high + step / 2; index += 1) labels.push([low + index * step, chart.tick(low + index * step, step)]);
  const left = 34 + 7 * Math.max(...labels.map(([, text]) => text.length)), right = width - 14;
  const top = 14, bottom = height - 42, axis = axes[over], newest = chart.place(points[points.length - 1]);
  const first = axis.first, last = over === 'rounds' ? Math.max(lastRound(chart.planned, newest), 1) : Math.max(newest, 1e-6);
  const inset = 12; // keeps the first and the last point off the frame
  const x = place => last === first ? (left + right) / 2 : left + inset + (right - left - 2 * inset) * (place - first) / (last - first);
  const y = value => bottom - (bottom - top) * (value - low) / (high - low);
  Object.assign(chart, {scaleX: x, scaleY: y, frame: {left, right, top, bottom}});

  const end = known[known.length - 1], begin = known[0];
  const told = end === undefined ? chart.label
    : `${chart.label}: ${chart.format(end.value)} after round ${end.round}, ${chart.format(begin.value)} after round ${begin.round}`;
  const named = lines.filter(line => line.look !== null && line.values.some(value => value !== null))
    .map(line => ` ${line.name}: ${chart.format(line.values.findLast(value => value !== null))}.`).join('');
  const svg = draw('svg', {role: 'img', viewBox: `0 0 ${width} ${height}`, 'aria-label': `${told}.${named} The arrow keys walk through the rounds.`});
  for (const [value, text] of labels) {
    svg.append(draw('line', {class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value)}));
    svg.append(draw('text', {class: 'tick-y', x: left - 8, y: y(value) + 4, 'text-anchor': 'end'}, text));
  }
  const room = right - left - 2 * inset;
  for (const [place, text] of over === 'rounds' ? roundTicks(first, last, room) : amountTicks(last, room, over === 'bytes' ? byteUnit(last)[0] : 1)) {
    svg.append(draw('line', {class: 'axis', x1: x(place), x2: x(place), y1: bottom, y2: bottom + 4}));
    svg.append(draw('text', {class: 'tick-x', x: x(place), y: bottom + 18, 'text-anchor': 'middle'}, text));
  }
  svg.append(draw('line', {class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom}));
  svg.append(draw('line', {class: 'axis', x1: left, x2: left, y1: top, y2: bottom}));
  svg.append(draw('text', {class: 'title', x: (left + right) / 2, y: height - 5, 'text-anchor': 'middle'}, axis.title(last)));
  svg.append(draw('text', {class: 'title', 'text-anchor': 'middle', transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`}, chart.axis));

  if (chart.target !== null) svg.append(draw('line', {class: 'target', x1: left, x2: right, y1: y(chart.target), y2: y(chart.target)}));
  // Rounds without a value (not tested, or not finite) are bridged.
  // Thousands of places, so none is told to more than a tenth of a pixel, nor worked out twice.
  const tenth = value => Math.round(value * 10) / 10;
  const places = new Map(points.map(point => [point, tenth(x(chart.place(point)))]));
  const path = pairs => {
    let text = '';
    for (const [point, value] of pairs) text += `${text === '' ? '' : 'L'}${places.get(point)} ${tenth(y(value))}`;
    return text;
  };
  const band = (kind, from, to) => {
    const wide = points.filter(point => point[from] !== null && point[from] !== undefined && point[to] !== null && point[to] !== undefined);
    if (wide.length === 1) {
      const at = places.get(wide[0]);
      svg.append(draw('line', {class: `whisker ${kind}`, x1: at, x2: at, y1: y(wide[0][from]), y2: y(wide[0][to])}));
    } else if (wide.length > 1) {
      svg.append(draw('path', {class: kind, d: 'M' + path([...wide.map(point => [point, point[to]]), ...wide.slice().reverse().map(point => [point, point[from]])]) + 'Z'}));
    }
  };
  band('band', 'low', 'high');
  band('band half', 'lower', 'upper');
  for (const line of lines) {
    const pairs = points.map((point, index) => [point, line.values[index]]).filter(([, value]) => value !== null);
    const look = line.look === null ? 'line thin' : `line look-${line.look % 6}`;
    if (pairs.length === 1) {
      const [[point, value]] = pairs;
      svg.append(draw('path', {class: `${look} dot-line`, d: `M${places.get(point) - 4} ${y(value)}h8`}));
    } else svg.append(draw('path', {class: look, d: pairs.length === 0 ? '' : 'M' + path(pairs)}));
  }
  if (end !== undefined) drawCurve(chart, svg, known, path);
  return svg;
}

/// The chart's own curve, with a dot for each value while they are few, and its last value.
function drawCurve(chart, svg, known, path) {
  const {scaleX: x, scaleY: y, frame: {left, right, bottom}} = chart, end = known[known.length - 1];
  svg.append(draw('path', {class: 'curve', d: 'M' + path(known.map(point => [point, point.value]))}));
  if (known.length <= 60) {
    for (const point of known) svg.append(draw('circle', {class: 'point', cx: x(chart.place(point)), cy: y(point.value), r: 3.5}));
  }
  const endX = x(chart.place(end));
  svg.append(draw('circle', {class: 'point', cx: endX, cy: y(end.value), r: 5}));
  const atRight = endX > right - 40, atLeft = endX < left + 40, previous = known[known.length - 2];
  // On the side of the point that the curve doesn't come from, if there is room.
  const roomAbove = y(end.value) > 28, roomBelow = bottom - y(end.value) > 30;
  const above = previous !== undefined && previous.value > end.value ? !roomBelow : roomAbove;
  svg.append(draw('text', {class: 'last', x: atRight ? right : atLeft ? endX + 10 : endX, y: y(end.value) + (atLeft ? 5 : above ? -11 : 22), 'text-anchor': atRight ? 'end' : atLeft ? 'start' : 'middle'}, chart.format(end.value)));
}
