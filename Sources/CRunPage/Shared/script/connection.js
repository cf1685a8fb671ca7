/// Follows a server: events while they come, else it asks every two seconds, for ever.
///
/// `address()` is what is asked, `hear(value)` takes an answer, `event` is the stream's event and
/// `told(value)` takes its data, `picture()` is a text that changes when something new is heard, and
/// `link(kind, text)` shows how the connection does: live or lost.
class Connection {
  constructor(options) {
    Object.assign(this, {source: null, streamFailures: 0, polls: 0, misses: 0, heardAt: 0, timer: null}, options);
  }

  start() {
    this.connect();
    setInterval(() => this.watch(), 5000);
    document.addEventListener('visibilitychange', () => this.turn());
  }

  /// A browser has six connections to a server for all its tabs, so one that nobody sees keeps no stream.
  turn() {
    const stream = this.source;
    if (document.hidden && stream !== null) {
      this.source = null;
      stream.close();
      this.connect();
    } else if (!document.hidden && this.timer !== null) {
      this.connect();
    }
  }

  connectIn(delay) { this.timer = setTimeout(() => this.connect(), delay); }

  /// Asks once. Resolves to whether the server answered with what was asked for.
  async poll() {
    try {
      const answer = await fetch(this.address(), {cache: 'no-store', signal: AbortSignal.timeout(5000)});
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const next = parse(await answer.text());
      if (next === null || typeof next !== 'object' || Array.isArray(next)) throw new Error('not an object');
      const date = Date.parse(answer.headers.get('Date') ?? '');
      // The header has whole seconds, so a smaller difference says nothing.
      skew = Number.isNaN(date) || Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
      this.found();
      this.hear(next);
      return true;
    } catch {
      return false;
    }
  }

  /// The server is there: time goes on.
  found() {
    this.heardAt = Date.now();
    stoppedAt = null;
  }

  listen() {
    const stream = this.source = new EventSource('events');
    const fail = () => {
      if (this.source !== stream) return;
      stream.close();
      this.source = null;
      this.streamFailures += 1; // streams in a row that brought nothing
      this.connect();
    };
    stream.addEventListener('open', () => { this.heardAt = Date.now(); });
    stream.addEventListener(this.event, event => {
      try {
        const value = parse(event.data);
        if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('not an object');
        this.found();
        this.told(value);
        this.streamFailures = 0;
      } catch {
        fail();
      }
    });
    stream.addEventListener('error', fail);
    stream.fail = fail;
  }

  async connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.polls += 1;
    if (!await this.poll()) {
      // What passes meanwhile is not known, so no clock on the page goes on.
      stoppedAt ??= now();
      this.link('lost', 'connection lost, trying again');
      // Many pages must not come back at the same instant.
      this.connectIn(Math.min(3000, 500 * 2 ** this.misses) * (0.75 + Math.random() / 2));
      this.misses += 1;
      return;
    }
    this.misses = 0;
    // A proxy that swallows streams is no reason to show nothing.
    const streams = this.streamFailures < 3 || this.polls % 10 === 0;
    this.link('live', streams ? 'live' : 'live, every 2 s');
    if (document.hidden) this.connectIn(10000);
    else if (streams) this.listen();
    else this.connectIn(2000);
  }

  /// A stream can die without a word: after 15 s of silence the server is asked.
  async watch() {
    const stream = this.source;
    if (stream === null || stream.readyState !== EventSource.OPEN || Date.now() - this.heardAt < 15000) return;
    const shown = this.picture();
    this.heardAt = Date.now();
    if (!await this.poll() || this.picture() !== shown) stream.fail();
  }
}
