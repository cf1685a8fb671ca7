let state = null;

/// What models are measured by: accuracy, or R² where numbers are predicted.
const scoreName = () => record(record(state).run).score === 'R²' ? 'R²' : 'accuracy';
const isR2 = () => scoreName() === 'R²';
const scored = value => isR2() ? reads(value, v => v.toFixed(4)) : percent(value);

/// Whether clients join the run from elsewhere: where they don't, nobody waits for them.
const isServed = () => typeof record(state.run).address === 'string';
