/// Where the best accuracy so far reaches the target, on the straight line between two tests; null if it never does.
function crossing(points, target, place) {
  let best = null, before = null;
  for (const point of points) {
    if (point.value === null) continue;
    if (point.value >= target) {
      return before === null ? place(point)
        : place(before) + (place(point) - place(before)) * (target - best) / (point.value - best);
    }
    best = best === null ? point.value : Math.max(best, point.value);
    before = point;
  }
  return null;
}

function showTarget(target, points, axis) {
  byId('target-key').hidden = target === null || points.length === 0;
  if (target === null) return;
  const at = crossing(points, target, point => accuracyChart.place(point));
  const where = at === null ? (state.phase === 'finished' ? 'not reached' : 'not reached yet')
    : axis === 'rounds' ? `at round ${at.toFixed(1)}` : `after ${axis === 'seconds' ? seconds(at) : bytes(at)}`;
  say(byId('target-text'), `target ${isR2() ? target : `${Number((target * 100).toFixed(4))}%`} ${where}`);
}
