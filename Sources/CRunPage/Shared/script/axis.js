// Axes: ticks are 1, 2 or 5 times a power of ten apart
const niceStep = rough => {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find(step => step * power >= rough * 0.999) ?? 10);
};
const decimals = step => Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
/// The last round on the axis: the run's last, or less while a long run is young.
const lastRound = (planned, done) => {
  if (planned <= 30 || done >= planned / 2) return Math.max(planned, done, 1);
  const wanted = Math.max(20, done * 2), step = niceStep(wanted / 5);
  return Math.min(planned, Math.ceil(wanted / step) * step);
};

/// What a curve may go over: the point's member, where the axis begins, and what it is called.
const axes = {
  rounds: {member: 'round', first: 1, title: () => 'round'},
  seconds: {member: 'elapsed', first: 0, title: () => 'seconds'},
  bytes: {member: 'carried', first: 0, title: last => `${byteUnit(last)[1]} sent and received`},
};
const byteUnit = last => [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']].find(([unit]) => last >= unit) ?? [1, 'bytes'];

function roundTicks(first, last, width) {
  const fit = Math.max(1, Math.floor(width / 44));
  const stride = last - first < fit ? 1 : Math.max(1, Math.ceil(niceStep((last - first) / fit)));
  const ticks = new Set([first]);
  for (let round = stride; round <= last; round += stride) if (stride === 1 || round - first >= stride * 0.6) ticks.add(round);
  return [...ticks].map(round => [round, grouped.format(round)]);
}

function amountTicks(last, width, unit = 1) {
  const step = niceStep(last / unit / Math.max(1, Math.floor(width / 56)));
  const ticks = [];
  for (let index = 0; index * step * unit <= last * (1 + 1e-9); index += 1) {
    const value = index * step;
    ticks.push([value * unit, step >= 1 ? grouped.format(value) : value.toFixed(decimals(step))]);
  }
  return ticks;
}

/// The value below which a share of sorted values lies.
const quantile = (sorted, share) => {
  const at = share * (sorted.length - 1), below = Math.floor(at);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (at - below);
};
