// Spark lines: how a run's accuracy went, small
const sparkWidth = 88, sparkHeight = 22;
/// The points of a line from the lowest value to the highest, at least a tenth apart; what was not tested is bridged.
function sparkPath(values) {
  const known = values.map((value, index) => [index, value]).filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  const heights = known.map(([, value]) => value), low = Math.min(...heights), span = Math.max(Math.max(...heights) - low, 0.1);
  const x = index => values.length === 1 ? sparkWidth / 2 : 3 + (sparkWidth - 6) * index / (values.length - 1);
  const y = value => sparkHeight - 3 - (sparkHeight - 6) * (value - low) / span;
  const [lastIndex, lastValue] = known[known.length - 1];
  return {
    line: 'M' + known.map(([index, value]) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join('L'),
    // A stroke without length and with round ends is a point.
    end: `M${x(lastIndex).toFixed(1)} ${y(lastValue).toFixed(1)}h0`, first: heights[0], last: lastValue};
}
