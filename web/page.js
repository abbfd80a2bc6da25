// The page of `fcclip serve`: a picture is sent once, then every change of words asks it again.
// Sections: types and state | small helpers | server | picture | words | asking | masks | colours | stage | pointing |
// what is this? | words on the page | segments on the page | settings | downloads | dialogs | start.
// Nothing here comes from elsewhere, and nothing is sent anywhere but to the server that the page came from.
// @ts-check

// ───────────────────────────── Types and state ─────────────────────────────

/**
 * @typedef {'thing' | 'stuff' | 'background'} Kind
 * @typedef {{text: string, kind: Kind}} Chip                      text: "backpack | school bag"
 * @typedef {{chips: Chip[], vocabularies: string[]}} Words
 * @typedef {{x: number, y: number, w: number, h: number, data: Uint8Array}} Mask     a box of the grid, 1 inside
 * @typedef {{name: string, score: number}} Named
 * @typedef {{id: number, name: string, synonym: string, thing: boolean, score: number, in_vocabulary_score: number,
 *   out_of_vocabulary_score: number, next_best: Named[], area_px: number, box_xywh_px: number[],
 *   mask?: {size: number[], counts: string}}} Segment             as the server has it
 * @typedef {Segment & {shape: Mask, colour: Colour, anchor: {x: number, y: number}, outline?: Path2D}} Shown
 * @typedef {{light: number[], dark: number[], pattern: number}} Colour       two shades [r, g, b] and how they alternate
 * @typedef {{segments: Shown[], step: number, gridWidth: number, gridHeight: number, tint: HTMLCanvasElement}} Scene
 * @typedef {{blob: Blob, name: string, width: number, height: number, bitmap: ImageBitmap | null, id: string,
 *   encoding: Promise<void> | null, suggestions: string[] | null, gone: AbortController, times: Record<string, number>, isExample: boolean}} Picture
 */

const EXAMPLE = {
  picture: 'example.png',
  words: 'bat, backpack | school bag, christmas tree, ladybug, person meditating | yogi, sailboat, rock, wood',
  stuff: 'rock, wood',
};
const KINDS = /** @type {Kind[]} */ (['thing', 'stuff', 'background']);
const TYPING_MS = 220;      // a word is asked for when the fingers rest this long
const SLIDING_MS = 60;
const SUGGEST_MS = 700;     // suggestions wait for a quiet moment
const GRID_PIXELS = 4e6;    // larger pictures get masks of every 2nd, 3rd … pixel; the picture itself stays whole
const SHARP_SCALE = 3;      // from this zoom on pixels are shown as squares

const state = {
  models: /** @type {any[]} */ ([]),
  model: /** @type {any} */ (null),
  vocabularies: /** @type {{name: string, classes: number}[]} */ ([]),
  picture: /** @type {Picture | null} */ (null),
  words: /** @type {Words} */ ({ chips: [], vocabularies: [] }),
  draft: '',                       // what is in the field and not yet a chip; it is asked for all the same
  past: /** @type {Words[]} */ ([]),
  future: /** @type {Words[]} */ ([]),
  untouched: true,                 // the words are still the example's
  task: 'panoptic',
  minScore: /** @type {number | null} */ (null),     // null: the task's own
  alpha: /** @type {number | null} */ (null),        // null: the model's own
  beta: /** @type {number | null} */ (null),
  scene: /** @type {Scene | null} */ (null),
  hovered: 0,                      // ids of segments; 0 is none
  pinned: 0,
  opacity: 0.5,
  show: 'overlay',
  labels: true,
  patterns: false,
  found: /** @type {{points: number[][], box: number[] | null, segments: Shown[], chosen: number} | null} */ (null),
};

// ───────────────────────────── Small helpers ─────────────────────────────

/** @returns {any} the element of that id */
const $ = (id) => document.getElementById(id);

/** Makes an element: properties, attributes where a name has a dash or is a role, and children. */
function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role') node.setAttribute(key, String(value));
    else node[key] = value;
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const percent = (score) => score.toFixed(2);
const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
const firstOf = (text) => text.split('|')[0].trim();
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** Waits, unless the signal or `wakeUp` ends it sooner. */
function pause(ms, signal) {
  return new Promise((done, failed) => {
    const end = () => { clearTimeout(timer); wakers.delete(end); done(undefined); };
    const timer = setTimeout(end, ms);
    wakers.add(end);
    signal?.addEventListener('abort', () => { failed(signal.reason); end(); }, { once: true });
  });
}
const wakers = new Set();
const wakeUp = () => [...wakers].forEach((end) => end());

/** Of several runs only the newest goes on: `begin` aborts the one before. */
function newestOnly() {
  let controller = new AbortController();
  return {
    begin() { controller.abort(); controller = new AbortController(); return controller.signal; },
    stop() { controller.abort(); },
  };
}

/** Runs a function once calls have stopped coming for so long. */
function debounced(run) {
  let timer = 0;
  return (ms) => { clearTimeout(timer); timer = setTimeout(run, ms); };
}

/** One tab stop for many buttons: arrows, Home and End move among them. */
function roving(list) {
  const buttons = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('button')]);
  const choose = (chosen) => buttons().forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
  list.addEventListener('focusin', (event) => choose(event.target));
  list.addEventListener('keydown', (event) => {
    const all = buttons(), at = all.indexOf(event.target);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    all[clamp(next, 0, all.length - 1)].focus();
  });
  return () => {
    const all = buttons();
    if (!all.some((button) => button.tabIndex === 0 && button === document.activeElement)) choose(all[0]);
  };
}

// ───────────────────────────── Server ─────────────────────────────

/** What the server answered instead of a result: problem JSON. */
class Problem extends Error {
  constructor(status, detail, code = '', requestId = '') {
    super(detail);
    Object.assign(this, { status, code, requestId });
    this.status = status;
    this.code = code;
  }
}

const url = (path) => new URL(path, document.baseURI).href;

function newRequestId() {  // crypto.randomUUID is missing where a page is served without TLS from another host
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function headersFor(requestId, body, accept) {
  const token = sessionStorage.getItem('fcclip.token');
  return {
    'X-Request-Id': requestId,
    Accept: accept,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(typeof body === 'string' ? { 'Content-Type': 'application/json' } : {}),
  };
}

/**
 * Asks the server until it answers for good: waits while it is gone, loading or full, asks for a token when it wants one.
 * @param {{method?: string, body?: any, accept?: string, read?: 'json' | 'blob', signal?: AbortSignal, what?: string}} options
 *   what: what people see while they wait; none for work in the background
 * @returns {Promise<{value: any, headers: Headers}>}  throws Problem, or the signal's reason
 */
async function call(path, { method = 'GET', body, accept = 'application/json', read = 'json', signal, what } = {}) {
  const sent = body && !(body instanceof FormData) ? JSON.stringify(body) : body;
  for (let lost = 0, tries = 0; ; ) {
    signal?.throwIfAborted();
    const requestId = newRequestId();
    const endWatch = watch(requestId, what, signal);
    try {
      const response = await fetch(url(path), { method, body: sent, headers: headersFor(requestId, sent, accept), signal });
      const value = response.ok ? await response[read]() : null;
      serverIsThere();
      if (response.ok) return { value, headers: response.headers };
      await overcome(await problemOf(response), response, tries++, signal);
    } catch (error) {
      if (signal?.aborted || !(error instanceof TypeError)) throw error;
      await serverIsGone(lost++, signal);   // fetch tells of a lost connection by a TypeError
    } finally {
      endWatch();
    }
  }
}

async function problemOf(response) {
  const text = await response.text();
  try {
    const problem = JSON.parse(text);
    return new Problem(response.status, problem.detail || problem.title, problem.code, problem.request_id);
  } catch {
    return new Problem(response.status, `The server answered ${response.status} ${response.statusText}`.trim());
  }
}

/** Waits or asks for what is missing, so that the caller may try again; throws what cannot be overcome. */
async function overcome(problem, response, tries, signal) {
  if (problem.status === 401) return askToken(tries > 0, problem, signal);
  const mayPass = problem.status === 429 || (problem.status === 503 && (problem.code !== 'timed_out' || tries < 2));
  if (!mayPass) throw problem;
  const seconds = clamp(Number(response.headers.get('Retry-After')) || 1, 1, 30);
  const why = problem.status === 429 ? 'The server has its hands full.' : problem.code === 'timed_out' ? 'That took too long.' : 'The server is not ready yet.';
  await waitWithNotice(`${why} Asking again`, seconds, signal);
}

/** Says in the notice what is waited for, counting down; the button ends the wait. */
async function waitWithNotice(text, seconds, signal) {
  waiting += 1;
  notice(text, { button: 'Ask now', act: wakeUp });
  const end = Date.now() + seconds * 1000;
  const tick = () => { $('notice-count').textContent = `in ${Math.max(1, Math.ceil((end - Date.now()) / 1000))} s`; };
  tick();
  const timer = setInterval(tick, 500);
  try {
    await pause(seconds * 1000, signal);
  } finally {
    clearInterval(timer);
    $('notice-count').textContent = '';
    waiting -= 1;
    if (signal?.aborted && !waiting && !serverLost) hideNotice();
  }
}
let waiting = 0;

let serverLost = false;
async function serverIsGone(attempt, signal) {
  serverLost = true;
  await waitWithNotice('The server does not answer. Trying again', Math.min(10, 0.5 * 2 ** attempt), signal);
}

function serverIsThere() {
  if (serverLost) {
    serverLost = false;
    say('The server is back.');
    loadLists();
  }
  if (!waiting && $('notice').dataset.kind === 'wait') hideNotice();
}

// What the page is waiting for, by request. The server is asked for a request's place while it waits.
const jobs = new Map();
function showJobs() {
  const text = [...jobs.values()].pop() ?? '';
  if ($('busy').textContent !== text) $('busy').textContent = text;
  $('progress').hidden = !text;
}

function watch(requestId, what, signal) {
  if (!what) return () => {};
  let over = false;
  const poll = async () => {
    jobs.set(requestId, what);
    showJobs();
    const answer = await fetch(url(`v1/requests/${requestId}`), { headers: headersFor(newRequestId(), null, 'application/json'), signal }).catch(() => null);
    const place = answer?.ok ? await answer.json().catch(() => null) : null;
    if (over) return;
    if (place) jobs.set(requestId, place.state === 'waiting' ? `Waiting: place ${place.place} in the queue` : what);
    showJobs();
    timer = setTimeout(poll, 600);
  };
  let timer = setTimeout(poll, 350);   // most answers are here before anything needs to be said
  return () => { over = true; clearTimeout(timer); jobs.delete(requestId); showJobs(); };
}

// ───────────────────────────── Notices ─────────────────────────────

/** Shows a line above the picture. Repeating the same text is not announced again. */
function notice(text, { button = '', act = () => {}, kind = 'wait' } = {}) {
  if ($('notice').hidden || $('notice-text').textContent !== text) $('notice-text').textContent = text;
  $('notice').hidden = false;
  $('notice').dataset.kind = kind;
  $('notice-button').hidden = !button;
  $('notice-button').textContent = button;
  $('notice-button').onclick = act;
}

function hideNotice() { $('notice').hidden = true; $('notice-text').textContent = ''; $('notice-count').textContent = ''; }

/** Shows an error with its own words; `again` repeats what failed. */
function showError(error, again) {
  if (error?.name === 'AbortError') return;
  const text = error instanceof Problem ? error.message : `Something went wrong here: ${error?.message ?? error}`;
  notice(text, { button: again ? 'Try again' : '', act: () => { hideNotice(); again?.(); }, kind: 'error' });
}

/** Says it in the live region. */
function say(text, forEars = '') {
  $('status').replaceChildren(text);
  if (forEars) tell(forEars);
}

/** The same for ears only: what lies before all eyes already. */
function tell(text) {
  $('status').querySelector('span')?.remove();
  $('status').append(make('span', { className: 'visually-hidden', textContent: text }));
}

// ───────────────────────────── Picture ─────────────────────────────

/** Decodes in the browser what it can; TIFF and HEIC are shown as a grey ground of the size that the server tells. */
async function bitmapOf(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch {
    return null;
  }
}

let opened = 0;   // of two pictures the later one stays, whichever was decoded first
async function openPicture(blob, name, isExample = false) {
  const turn = ++opened;
  const bitmap = await bitmapOf(blob);
  if (turn !== opened) return bitmap?.close();
  state.picture?.gone.abort();
  state.picture?.bitmap?.close();
  forget();
  /** @type {Picture} */
  const picture = {
    blob, name, bitmap, width: bitmap?.width ?? 0, height: bitmap?.height ?? 0, id: '', encoding: null, suggestions: null,
    gone: new AbortController(), times: {}, isExample,
  };
  state.picture = picture;
  if (!isExample && state.untouched) setWords({ chips: [], vocabularies: [] });  // the example's words say nothing here
  showSuggestions();
  if (bitmap) showPicture();
  await ask();
}

/** What belonged to the last picture. */
function forget() {
  Object.assign(state, { scene: null, hovered: 0, pinned: 0 });
  palettePlaces.clear();
  closeFound();
  showSegments();
  say('');
}

function showPicture() {
  $('hello').hidden = true;
  fit();
  describeCanvas();
}

/** Sends the picture unless the server has it; however many ask, it is sent once. */
function encoded(picture) {
  if (picture.id) return Promise.resolve();
  picture.encoding ??= encode(picture).finally(() => { picture.encoding = null; });
  return picture.encoding;
}

async function encode(picture) {
  const model = state.model?.name;
  const form = new FormData();
  form.append('image', picture.blob, picture.name);
  if (state.model && state.models.length > 1) form.append('model', state.model.name);
  const { value, headers } = await call('v1/images', { method: 'POST', body: form, signal: picture.gone.signal, what: 'The network looks at the picture…' });
  if (model && model !== state.model?.name) return encode(picture);   // another model was chosen meanwhile
  picture.id = value.id;
  picture.times = timesOf(headers);
  const known = picture.width === value.width && picture.height === value.height;
  Object.assign(picture, { width: value.width, height: value.height });
  if (!known && picture === state.picture) showPicture();
  if (!picture.bitmap) notice('Your browser cannot show this kind of picture; its segments are shown on grey.', { kind: 'note' });
}

/** Server-Timing as milliseconds by name. */
function timesOf(headers) {
  const entries = (headers.get('Server-Timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g);
  return Object.fromEntries([...entries].map(([, name, ms]) => [name, Number(ms)]));
}

/** Asks about the picture; when the server has forgotten it, it is sent again from memory. */
async function askPicture(picture, path, options) {
  for (let again = false; ; again = true) {
    await untilAborted(encoded(picture), options.signal);
    const id = picture.id;
    try {
      return await call(`v1/images/${id}/${path}`, { method: 'POST', ...options });
    } catch (error) {
      if (again || error.status !== 404) throw error;
      if (picture.id === id) picture.id = '';
    }
  }
}

/** Encoding goes on when a question is given up: the next one needs it. */
function untilAborted(promise, signal) {
  return Promise.race([promise, new Promise((_, failed) => {
    if (signal.aborted) failed(signal.reason);
    signal.addEventListener('abort', () => failed(signal.reason), { once: true });
  })]);
}

async function openExample() {
  try {
    const { value } = await call(EXAMPLE.picture, { read: 'blob', accept: 'image/png', what: 'Loading the example…' });
    if (!opened) await openPicture(value, 'example.png', true);
  } catch (error) {
    invite();
    showError(error, openExample);
  }
}

/** There is nothing to show. */
function invite() {
  $('hello-text').textContent = 'Drop a picture here, paste one, or open one.';
  $('hello').hidden = false;
  draw();
}

function openFiles(files) {
  const file = [...files].find((one) => one.type.startsWith('image/') || /\.(tiff?|heic|avif|bmp)$/i.test(one.name));
  if (file) openPicture(file, file.name || 'pasted.png');
  else if (files.length) showError(new Problem(415, `${files[0].name} is not a picture.`), null);
}

// ───────────────────────────── Words ─────────────────────────────

/** "a, b | c" → classes, trimmed; empty ones and repetitions go. */
function classesOf(text) {
  const classes = text.split(/[,\n]/).map((part) => part.split('|').map((name) => name.trim()).filter(Boolean).join(' | ')).filter(Boolean);
  return classes.filter((one, at) => classes.findIndex((other) => same(other, one)) === at);
}

/** @returns {Words} from lists as they stand in a link */
function wordsFrom({ words = '', stuff = '', background = '', vocabulary = '' }) {
  const isStuff = classesOf(stuff).map(firstOf);
  const asked = classesOf(words).map((text) => ({ text, kind: /** @type {Kind} */ (isStuff.some((name) => same(name, firstOf(text))) ? 'stuff' : 'thing') }));
  const absorbed = classesOf(background).map((text) => ({ text, kind: /** @type {Kind} */ ('background') }));
  return { chips: [...asked, ...absorbed], vocabularies: vocabulary.split(/[+ ]/).filter(Boolean) };
}

const textsOf = (kind) => state.words.chips.filter((chip) => chip.kind === kind).map((chip) => chip.text);

/** The words as the server's fields. What is being typed is asked for as a thing. */
function wordFields() {
  const { chips, vocabularies } = state.words;
  const draft = classesOf(state.draft).filter((text) => !chips.some((chip) => same(firstOf(chip.text), firstOf(text))));
  const words = [...chips.filter((chip) => chip.kind !== 'background').map((chip) => chip.text), ...draft];
  const stuff = textsOf('stuff').map(firstOf), background = textsOf('background');
  return {
    ...(words.length ? { words } : {}),
    ...(vocabularies.length ? { vocabulary: vocabularies.join('+') } : {}),
    ...(stuff.length ? { stuff } : {}),
    ...(background.length ? { background } : {}),
  };
}

/** Whether one of the words, or one of their synonyms, is this name. */
function isAsked(name) {
  return state.words.chips.some((chip) => chip.text.split('|').some((synonym) => same(synonym, name)));
}

/** Every change of words goes through here: history, link, page and question follow. */
function setWords(words, { remember = true, ms = 0 } = {}) {
  if (remember) {
    state.past.push(state.words);
    state.future = [];
  }
  state.words = words;
  state.untouched = false;
  showWords();
  showSuggestions();
  writeLink();
  if (state.picture) askSoon(ms);
}

function addWords(text) {
  const fresh = classesOf(text).filter((one) => !state.words.chips.some((chip) => same(chip.text, one)));
  state.draft = '';
  if (fresh.length) setWords({ ...state.words, chips: [...state.words.chips, ...fresh.map((one) => ({ text: one, kind: /** @type {Kind} */ ('thing') }))] });
}

const changeChips = (chips) => setWords({ ...state.words, chips });

function travel(from, to) {
  const words = from.pop();
  if (!words) return;
  to.push(state.words);
  setWords(words, { remember: false });
  tell(`Words: ${words.chips.map((chip) => chip.text).join(', ') || 'none'}`);
}
const undo = () => travel(state.past, state.future);
const redo = () => travel(state.future, state.past);

/** The link holds words and task, and nothing of the picture. */
function writeLink() {
  const link = new URLSearchParams({ words: [...textsOf('thing'), ...textsOf('stuff')].join(', ') });
  const rest = { stuff: textsOf('stuff').map(firstOf).join(', '), background: textsOf('background').join(', '), vocabulary: state.words.vocabularies.join('+'), task: state.task === 'panoptic' ? '' : state.task };
  for (const [key, value] of Object.entries(rest)) if (value) link.set(key, value);
  history.replaceState(null, '', `#${link}`);
}

/** @returns {boolean} whether the address held words */
function readLink() {
  const link = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!['words', 'vocabulary', 'background', 'task'].some((key) => key in link)) return false;
  if (['panoptic', 'instance', 'semantic'].includes(link.task ?? 'panoptic')) chooseTask(link.task ?? 'panoptic');
  state.words = wordsFrom(link);
  state.untouched = false;
  return true;
}

// ───────────────────────────── Asking ─────────────────────────────

const asks = newestOnly();
const askSoon = debounced(() => ask());

function question() {
  const instance = state.task === 'instance';
  return {
    ...wordFields(),
    task: state.task,
    map: instance ? 'none' : 'rle',
    masks: instance ? 'rle' : 'none',
    ...settingFields(),
  };
}

function settingFields() {
  const { minScore, alpha, beta } = state;
  return { ...(minScore === null ? {} : { min_score: minScore }), ...(alpha === null ? {} : { alpha }), ...(beta === null ? {} : { beta }) };
}

async function ask() {
  const picture = state.picture;
  if (!picture) return;
  const signal = asks.begin();
  suggesting.stop();
  try {
    const start = performance.now();
    const { value, headers } = await askPicture(picture, 'segments', { body: question(), signal, what: 'Asking…' });
    if (picture !== state.picture) return;
    if ($('notice').dataset.kind === 'error') hideNotice();
    showAnswer(value, { ...timesOf(headers), whole: performance.now() - start });
    suggestSoon(SUGGEST_MS);
  } catch (error) {
    if (signal.aborted || picture.gone.signal.aborted) return;
    if (!picture.width) invite();
    showError(error, ask);
  }
}

function showAnswer(answer, times) {
  fadeFrom(state.scene);
  state.scene = sceneOf(answer);
  for (const key of ['hovered', 'pinned']) if (!state.scene.segments.some((one) => one.id === state[key])) state[key] = 0;
  if (state.minScore === null) showSlider('min_score', answer.min_score);
  showSegments();
  showTimes(times);
  sayResult(answer);
  draw();
}

function sayResult({ segments, below_min_score: below, min_score: least }) {
  const hidden = below ? `, ${below} more below ${percent(least)}` : '';
  if (!segments.length) return say(hidden ? `No segments${hidden}` : 'Nothing found for these words. Try a suggestion, or no words at all.');
  const names = [...new Set(segments.map((one) => one.name))];
  const list = names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
  say(`${segments.length} ${segments.length === 1 ? 'segment' : 'segments'}${hidden}`, `: ${list}.`);
}

// Suggestions: the best names of all built-in vocabularies. A large model reads some 3,000 names for the first time in
// minutes, so there it waits for a press of the button.
const suggesting = newestOnly();
const suggestSoon = debounced(() => { if (suggestsByItself()) suggest(false); });
const suggestsByItself = () => state.model?.bundled || state.model?.suggested;

async function suggest(byHand) {
  const picture = state.picture;
  if (!picture || picture.suggestions) return;
  const signal = suggesting.begin();
  showSuggestions(byHand ? 'Reading the vocabularies. For the first time this takes long with a large model.' : '');
  try {
    const body = { vocabulary: 'everything', task: 'panoptic', map: 'none', next_best: 3 };
    const { value } = await askPicture(picture, 'segments', { body, signal, what: byHand ? 'Reading all vocabularies…' : undefined });
    picture.suggestions = bestNames(value.segments);
    if (state.model) state.model.suggested = true;
    showSuggestions();
  } catch (error) {
    if (byHand && !signal.aborted) showError(error, () => suggest(true));
  }
}

/** The names of the segments first, then those that came next. */
function bestNames(segments) {
  const best = segments.map(({ name, score }) => ({ name, score }));
  const next = segments.flatMap((one) => one.next_best).filter((one) => one.score >= 0.03);
  const ordered = [...best, ...next.map(({ name, score }) => ({ name, score: score / 2 }))].sort((a, b) => b.score - a.score);
  return ordered.map((one) => one.name).filter((name, at, all) => all.findIndex((other) => same(other, name)) === at);
}

// ───────────────────────────── Masks ─────────────────────────────

/** Calls paint(row, from, to) for each piece of a run of a grid's lines that lies on a grid line (every step-th one). */
function forPieces(start, end, lineLength, step, paint) {
  for (let at = start; at < end;) {
    const line = Math.floor(at / lineLength), lineEnd = Math.min(end, (line + 1) * lineLength), base = line * lineLength;
    if (line % step === 0) {
      const from = Math.ceil((at - base) / step), to = Math.ceil((lineEnd - base) / step);
      if (from < to) paint(line / step, from, to);
    }
    at = lineEnd;
  }
}

/** The map of ids as one array over the grid. runs: value, length, value, length … rows first. */
function idsOf(runs, width, height, step) {
  const gridWidth = Math.ceil(width / step), ids = new Uint32Array(gridWidth * Math.ceil(height / step));
  for (let run = 0, at = 0; run < runs.length; at += runs[run + 1], run += 2) {
    if (runs[run]) forPieces(at, at + runs[run + 1], width, step, (row, from, to) => ids.fill(runs[run], row * gridWidth + from, row * gridWidth + to));
  }
  return ids;
}

/** COCO's compressed counts: five bits a character, the sixth says that more follow; from the third count on differences. */
function countsOf(text) {
  const counts = [];
  for (let at = 0; at < text.length;) {
    let value = 0, shift = 0, bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32);
    if (bits & 16) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
  }
  return counts;
}

/** @returns {Mask} an empty mask over a segment's box, in the grid */
function emptyMask([x, y, w, h], step) {
  const left = Math.floor(x / step), top = Math.floor(y / step);
  const right = Math.max(left + 1, Math.ceil((x + w) / step)), bottom = Math.max(top + 1, Math.ceil((y + h) / step));
  return { x: left, y: top, w: right - left, h: bottom - top, data: new Uint8Array((right - left) * (bottom - top)) };
}

function maskOfRle(rle, box, step) {
  const mask = emptyMask(box, step), [height] = rle.size;
  countsOf(rle.counts).reduce((at, count, index) => {
    if (index % 2) forPieces(at, at + count, height, step, (column, from, to) => {
      for (let y = from; y < to; y++) mask.data[(y - mask.y) * mask.w + column - mask.x] = 1;
    });
    return at + count;
  }, 0);
  return mask;
}

function maskOfId(ids, gridWidth, id, box, step) {
  const mask = emptyMask(box, step);
  for (let y = 0; y < mask.h; y++) {
    const row = (y + mask.y) * gridWidth + mask.x;
    for (let x = 0; x < mask.w; x++) if (ids[row + x] === id) mask.data[y * mask.w + x] = 1;
  }
  return mask;
}

const isInside = (mask, x, y) => x >= 0 && y >= 0 && x < mask.w && y < mask.h && mask.data[y * mask.w + x] === 1;

/** The edges between inside and outside as a path along the pixels' borders, in the grid. */
function outlineOf(mask) {
  const path = new Path2D();
  const edges = (lines, length, differ, line) => {
    for (let i = 0; i <= lines; i++) {
      for (let j = 0, from = -1; j <= length; j++) {
        const edge = j < length && differ(i, j);
        if (edge && from < 0) from = j;
        if (!edge && from >= 0) { line(i, from, j); from = -1; }
      }
    }
  };
  const { x, y, w, h } = mask;
  edges(h, w, (i, j) => isInside(mask, j, i) !== isInside(mask, j, i - 1), (i, from, to) => { path.moveTo(x + from, y + i); path.lineTo(x + to, y + i); });
  edges(w, h, (i, j) => isInside(mask, i, j) !== isInside(mask, i - 1, j), (i, from, to) => { path.moveTo(x + i, y + from); path.lineTo(x + i, y + to); });
  return path;
}

/** The place deepest inside a mask, where a label stands best: two passes of city-block distances over a coarse copy. */
function anchorOf(mask) {
  const k = Math.max(1, Math.ceil(Math.max(mask.w, mask.h) / 80)), w = Math.ceil(mask.w / k) + 2, h = Math.ceil(mask.h / k) + 2;
  const depth = new Int16Array(w * h);
  for (let y = 1; y < h - 1; y++) for (let x = 1; x < w - 1; x++) {
    if (isInside(mask, (x - 1) * k + (k >> 1), (y - 1) * k + (k >> 1))) depth[y * w + x] = 1 + Math.min(depth[(y - 1) * w + x], depth[y * w + x - 1]);
  }
  let best = 0;
  for (let y = h - 2; y > 0; y--) for (let x = w - 2; x > 0; x--) {
    const at = y * w + x;
    depth[at] = Math.min(depth[at], 1 + Math.min(depth[at + w], depth[at + 1]));
    if (depth[at] > depth[best]) best = at;
  }
  if (!best) return { x: mask.x + mask.w / 2, y: mask.y + mask.h / 2 };
  return { x: mask.x + ((best % w) - 1) * k + k / 2, y: mask.y + (Math.floor(best / w) - 1) * k + k / 2 };
}

/** Everything that drawing and pointing need of an answer. */
function sceneOf(answer) {
  const step = Math.max(1, Math.ceil(Math.sqrt((answer.width * answer.height) / GRID_PIXELS)));
  const gridWidth = Math.ceil(answer.width / step), gridHeight = Math.ceil(answer.height / step);
  const ids = answer.map ? idsOf(answer.map.runs, answer.width, answer.height, step) : null;
  const seen = new Map();
  givePlaces(answer.segments.map((one) => one.name));
  const segments = answer.segments.map((one) => {
    const shape = one.mask ? maskOfRle(one.mask, one.box_xywh_px, step) : maskOfId(ids, gridWidth, one.id, one.box_xywh_px, step);
    const nth = seen.get(one.name) ?? 0;
    seen.set(one.name, nth + 1);
    return { ...one, shape, colour: colourOf(one.name, nth), anchor: anchorOf(shape) };
  });
  return { segments, step, gridWidth, gridHeight, tint: tintOf(segments, gridWidth, gridHeight) };
}

// ───────────────────────────── Colours ─────────────────────────────

// Lightness, chroma, hue in OKLCH. Each is at least 0.1 of Oklab from every other for all kinds of colour sight, found by
// taking the farthest in turn (tests/page/test_segments.py measures); from the 11th name on a pattern is added.
const PALETTE = [
  [0.62, 0.16, 250], [0.88, 0.16, 100], [0.76, 0.1, 20], [0.88, 0.13, 190], [0.42, 0.19, 285],
  [0.5, 0.13, 150], [0.6, 0.16, 345], [0.78, 0.1, 265], [0.42, 0.13, 340], [0.66, 0.13, 105],
];
const PATTERNS = 4;   // plain, stripes, dots, chequers

const palettePlaces = new Map();   // name → place in the palette, and beyond it

/** A name keeps its colour as long as no other name needs it: first what is free, then what belongs to nobody shown. */
function givePlaces(names) {
  const wanted = names.map((name) => name.toLowerCase()), shown = new Set(wanted);
  for (const name of wanted) {
    if (palettePlaces.has(name)) continue;
    const owners = new Map([...palettePlaces].map(([owner, place]) => [place, owner]));
    const places = [...Array(PALETTE.length + owners.size).keys()];
    const place = places.slice(0, PALETTE.length).find((at) => !owners.has(at)) ?? places.find((at) => !shown.has(owners.get(at)));
    palettePlaces.delete(owners.get(place));
    palettePlaces.set(name, place);
  }
}

/** @returns {Colour} nth: several segments of one name differ in lightness */
function colourOf(name, nth = 0) {
  const place = palettePlaces.get(name.toLowerCase()) ?? 0, round = Math.floor(place / PALETTE.length);
  const [lightness, chroma, hue] = PALETTE[place % PALETTE.length];
  const shifted = clamp(lightness + [0, 0.09, -0.09, 0.05, -0.05][nth % 5], 0.3, 0.93);
  const pattern = state.patterns ? (place + round) % PATTERNS || (round ? 1 : 0) : round % PATTERNS;
  const away = shifted > 0.6 ? -0.2 : 0.22;
  const turned = hue + 22 * round;
  return { light: rgbOf(shifted, chroma, turned), dark: rgbOf(shifted + away, chroma * 0.8, turned), pattern };
}

/** OKLCH → sRGB, after Björn Ottosson's definition of Oklab. */
function rgbOf(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180), b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((v) => Math.round(255 * clamp(v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055, 0, 1)));
}

/** Which of a colour's two shades stands at a place; `period` is a pattern's width. */
function isDark(pattern, x, y, period) {
  if (pattern === 1) return (x + y) % period < period * 0.35;
  if (pattern === 2) return ((x % period) - period / 2) ** 2 + ((y % period) - period / 2) ** 2 < (period * 0.3) ** 2;
  if (pattern === 3) return ((Math.floor((2 * x) / period) + Math.floor((2 * y) / period)) & 1) === 1;
  return false;
}

/** Stuff is painted thinner than things: it fills the picture, and things should stand out. */
function paintMask(pixels, width, { shape, colour, thing }, period, offset = { x: 0, y: 0 }) {
  const pack = ([r, g, b]) => (((thing ? 255 : 150) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  const light = pack(colour.light), dark = pack(colour.dark);
  for (let y = 0; y < shape.h; y++) for (let x = 0; x < shape.w; x++) {
    if (!shape.data[y * shape.w + x]) continue;
    const gx = shape.x + x, gy = shape.y + y;
    pixels[(gy - offset.y) * width + gx - offset.x] = isDark(colour.pattern, gx, gy, period) ? dark : light;
  }
}

const periodOf = (width, height) => Math.max(6, Math.round(Math.max(width, height) / 56));

function canvasOf(width, height, paint) {
  const canvas = make('canvas', { width, height });
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  paint(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return canvas;
}

/** All segments in their colours; where they overlap, the better one lies above. */
function tintOf(segments, width, height) {
  const worstFirst = [...segments].sort((a, b) => a.score - b.score);
  return canvasOf(width, height, (pixels) => worstFirst.forEach((one) => paintMask(pixels, width, one, periodOf(width, height))));
}

/** One segment in its colour, as large as its box. */
function tintOfOne(one, scene) {
  const { shape } = one;
  return canvasOf(shape.w, shape.h, (pixels) => paintMask(pixels, shape.w, one, periodOf(scene.gridWidth, scene.gridHeight), shape));
}

function swatchOf(colour) {
  const shape = { x: 0, y: 0, w: 48, h: 48, data: new Uint8Array(48 * 48).fill(1) };
  const canvas = canvasOf(48, 48, (pixels) => paintMask(pixels, 48, { shape, colour, thing: true }, 14));
  canvas.className = 'swatch';
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}

// ───────────────────────────── Stage ─────────────────────────────

const canvas = $('canvas');
const pen = canvas.getContext('2d');
const camera = { scale: 1, x: 0, y: 0, fitted: true };     // picture pixel p stands at p · scale + (x, y), in CSS pixels
const cross = { x: 0, y: 0, shown: false };                // the keyboard's pointer, in picture pixels
const MARGIN = 14;

function fitScale() {
  const { width, height } = /** @type {Picture} */ (state.picture);
  return Math.min((canvas.clientWidth - 2 * MARGIN) / width, (canvas.clientHeight - 2 * MARGIN) / height);
}

function fit() {
  const { width, height } = state.picture ?? {};
  if (!width || !height) return;
  camera.scale = fitScale();
  camera.x = (canvas.clientWidth - width * camera.scale) / 2;
  camera.y = (canvas.clientHeight - height * camera.scale) / 2;
  camera.fitted = true;
  cameraMoved();
}

/** Zooms, leaving the place under (x, y) where it is. */
function zoomTo(scale, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  if (!state.picture?.width) return;
  const next = clamp(scale, Math.min(fitScale(), 1) / 2, 40), factor = next / camera.scale;
  Object.assign(camera, { scale: next, x: x - (x - camera.x) * factor, y: y - (y - camera.y) * factor, fitted: false });
  cameraMoved();
}

function panBy(dx, dy) {
  camera.x += dx;
  camera.y += dy;
  camera.fitted = false;
  cameraMoved();
}

/** Keeps a part of the picture in sight, and says how large it is. */
function cameraMoved() {
  const { width = 0, height = 0 } = state.picture ?? {}, keep = 60;
  camera.x = clamp(camera.x, keep - width * camera.scale, canvas.clientWidth - keep);
  camera.y = clamp(camera.y, keep - height * camera.scale, canvas.clientHeight - keep);
  canvas.classList.toggle('zoomed', !camera.fitted);
  const text = `${Math.round(camera.scale * 100)} %`;
  $('zoom-real').textContent = text;
  $('zoom-real').setAttribute('aria-label', `Zoom ${text}. Show picture pixels as large as the screen's`);
  placeFound();
  draw();
}

const toPicture = (x, y) => ({ x: (x - camera.x) / camera.scale, y: (y - camera.y) / camera.scale });
const isOnPicture = ({ x, y }) => state.picture !== null && x >= 0 && y >= 0 && x < state.picture.width && y < state.picture.height;

let frame = 0;
function draw() { frame ||= requestAnimationFrame(() => { frame = 0; paint(); }); }

// The former scene fades out while the new one comes, unless people asked for less motion.
const fade = { scene: /** @type {Scene | null} */ (null), start: 0, ms: 160 };
function fadeFrom(scene) { Object.assign(fade, { scene: reducedMotion.matches ? null : scene, start: performance.now() }); }

function paint() {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (!state.picture?.width) return;
  inPicture(paintPicture);
  if (state.scene && state.show !== 'original') (state.show === 'only' ? paintOnly : paintOverlay)(state.scene);
  if (state.found) paintFound(state.found);
  if (cross.shown && document.activeElement === canvas) paintCross();
}

/** Runs with the pen in picture pixels. */
function inPicture(run, step = 1) {
  pen.save();
  pen.translate(camera.x, camera.y);
  pen.scale(camera.scale * step, camera.scale * step);
  pen.imageSmoothingEnabled = camera.scale < SHARP_SCALE;
  pen.imageSmoothingQuality = 'high';
  run();
  pen.restore();
}

function paintPicture() {
  const { bitmap, width, height } = /** @type {Picture} */ (state.picture);
  if (bitmap) return pen.drawImage(bitmap, 0, 0, width, height);
  pen.fillStyle = '#8f9396';
  pen.fillRect(0, 0, width, height);
}

function paintOverlay(scene) {
  const active = activeSegment(), part = clamp((performance.now() - fade.start) / fade.ms, 0, 1);
  const strength = state.opacity * (active ? 0.35 : 1);
  if (fade.scene && part < 1) {
    paintTint(fade.scene, strength * (1 - part));
    draw();
  }
  paintTint(scene, strength * (fade.scene ? part : 1));
  if (active) paintOneTint(active, scene);
  for (const one of scene.segments) strokeOutline(one, scene.step, active && one !== active ? 0.25 : 1, one === active);
  if (active) strokeOutline(active, scene.step, 1, true);
  if (state.labels) paintLabels(scene.segments, active);
}

function paintTint(scene, alpha) {
  inPicture(() => { pen.globalAlpha = alpha; pen.drawImage(scene.tint, 0, 0); }, scene.step);
}

let oneTint = { of: /** @type {Shown | null} */ (null), canvas: /** @type {HTMLCanvasElement | null} */ (null) };
function paintOneTint(one, scene) {
  if (oneTint.of !== one) oneTint = { of: one, canvas: tintOfOne(one, scene) };
  inPicture(() => { pen.globalAlpha = Math.max(state.opacity, 0.3); pen.drawImage(/** @type {any} */ (oneTint.canvas), one.shape.x, one.shape.y); }, scene.step);
}

/** A dark line under a coloured one shows on every ground. */
function strokeOutline(one, step, alpha, strong, dash = []) {
  one.outline ??= outlineOf(one.shape);
  inPicture(() => {
    const unit = 1 / (camera.scale * step);
    pen.globalAlpha = alpha;
    pen.lineCap = 'round';
    pen.setLineDash(dash.map((length) => length * unit));
    for (const [style, width] of strong ? [['#000c', 5], ['#fff', 2.6]] : [['#0007', 2.4], [`rgb(${one.colour.light})`, 1.3]]) {
      pen.strokeStyle = style;
      pen.lineWidth = width * unit;
      pen.stroke(one.outline);
    }
  }, step);
}

/** Everything but one segment is covered. */
function paintOnly(scene) {
  const one = activeSegment() ?? scene.segments[0];
  if (!one) return;
  if (veil.of !== one) Object.assign(veil, { of: one, canvas: veilOf(one, scene) });
  inPicture(() => { pen.globalAlpha = 0.94; pen.drawImage(veil.canvas, 0, 0); }, scene.step);
  strokeOutline(one, scene.step, 0.8, false);
  if (state.labels) paintLabels([one], one);
}
const veil = { of: /** @type {Shown | null} */ (null), canvas: /** @type {any} */ (null) };

function veilOf({ shape }, { gridWidth, gridHeight }) {
  const [r, g, b] = isDarkTheme() ? [14, 16, 18] : [238, 236, 231];
  return canvasOf(gridWidth, gridHeight, (pixels) => {
    pixels.fill(((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
    for (let y = 0; y < shape.h; y++) for (let x = 0; x < shape.w; x++) {
      if (shape.data[y * shape.w + x]) pixels[(shape.y + y) * gridWidth + shape.x + x] = 0;
    }
  });
}

/** Names where segments are deepest; the best first, none over another. */
function paintLabels(segments, active) {
  pen.font = `600 ${canvas.clientWidth < 480 ? 11 : 12.5}px system-ui, sans-serif`;
  pen.textBaseline = 'middle';
  const taken = [], { step } = /** @type {Scene} */ (state.scene);
  const order = [...segments].sort((a, b) => Number(b === active) - Number(a === active) || b.area_px - a.area_px);
  for (const one of order) {
    const box = labelBox(one, step);
    if (one !== active && (box.tooSmall || taken.some((other) => overlap(box, other)))) continue;
    taken.push(box);
    paintLabel(one, box, active && one !== active ? 0.35 : 1);
  }
}

function labelBox(one, step) {
  const w = pen.measureText(one.name).width + 26, h = 22;
  const x = one.anchor.x * step * camera.scale + camera.x, y = one.anchor.y * step * camera.scale + camera.y;
  const tooSmall = one.shape.w * step * camera.scale < 24 || one.shape.h * step * camera.scale < 14;
  return { x: clamp(x - w / 2, 4, Math.max(4, canvas.clientWidth - w - 4)), y: y - h / 2, w, h, tooSmall };
}
const overlap = (a, b) => a.x < b.x + b.w + 2 && b.x < a.x + a.w + 2 && a.y < b.y + b.h + 2 && b.y < a.y + a.h + 2;

function paintLabel(one, { x, y, w, h }, alpha) {
  pen.save();
  pen.globalAlpha = alpha;
  pen.fillStyle = '#131517d9';
  pen.beginPath();
  pen.roundRect(x, y, w, h, 6);
  pen.fill();
  pen.fillStyle = `rgb(${one.colour.light})`;
  pen.beginPath();
  pen.arc(x + 11, y + h / 2, 4, 0, 7);
  pen.fill();
  pen.fillStyle = '#fff';
  pen.fillText(one.name, x + 19, y + h / 2 + 0.5);
  pen.restore();
}

function paintFound({ points, box, segments, chosen }) {
  const one = segments[chosen];
  if (one) strokeOutline(one, state.scene?.step ?? 1, 1, true, [6, 5]);
  for (const [x, y] of points) paintMark((x + 0.5) * camera.scale + camera.x, (y + 0.5) * camera.scale + camera.y);
  if (box) inPicture(() => { pen.lineWidth = 2 / camera.scale; pen.strokeStyle = '#fff'; pen.setLineDash([5 / camera.scale, 4 / camera.scale]); pen.strokeRect(box[0], box[1], box[2], box[3]); });
}

function paintMark(x, y) {
  for (const [style, radius] of [['#000c', 7], ['#fff', 5.5], ['#0f6470', 3.5]]) {
    pen.fillStyle = style;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fill();
  }
}

function paintCross() {
  const x = cross.x * camera.scale + camera.x, y = cross.y * camera.scale + camera.y;
  for (const [style, width] of [['#000c', 5], ['#fff', 2]]) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.lineCap = 'butt';
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { pen.moveTo(x + 4 * dx, y + 4 * dy); pen.lineTo(x + 13 * dx, y + 13 * dy); }
    pen.stroke();
  }
}

function describeCanvas() {
  const { name, width, height } = /** @type {Picture} */ (state.picture);
  canvas.setAttribute('aria-label', `Picture ${name}, ${width} by ${height} pixels`);
}

// ───────────────────────────── Pointing ─────────────────────────────

const byId = (id) => state.scene?.segments.find((one) => one.id === id) ?? null;
const activeSegment = () => byId(state.hovered || state.pinned);

/** The best segment at a place of the picture. */
function segmentAt({ x, y }) {
  const { scene } = state;
  if (!scene) return null;
  const gx = Math.floor(x / scene.step), gy = Math.floor(y / scene.step);
  const there = scene.segments.filter(({ shape }) => isInside(shape, gx - shape.x, gy - shape.y));
  return there.sort((a, b) => b.score - a.score)[0] ?? null;
}

function hover(id, place = null) {
  if (state.hovered !== id) {
    state.hovered = id;
    markRows();
    draw();
  }
  showTip(byId(id), place);
}

function pin(id) {
  state.pinned = state.pinned === id ? 0 : id;
  markRows();
  draw();
}

const fingers = new Map();
const gesture = { start: /** @type {{x: number, y: number} | null} */ (null), moved: false, spread: 0, box: false };

const placeOf = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };

function pointerDown(event) {
  if (event.button > 1) return;
  cross.shown = false;
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, placeOf(event));
  Object.assign(gesture, { start: placeOf(event), moved: fingers.size > 1, spread: 0, box: event.shiftKey && fingers.size === 1 });
  if (fingers.size === 2) pinch();
}

function pointerMove(event) {
  const now = placeOf(event), before = fingers.get(event.pointerId);
  if (!before) return event.pointerType === 'mouse' ? pointAt(now) : undefined;
  fingers.set(event.pointerId, now);
  if (fingers.size === 2) return pinch();
  const start = gesture.start ?? now;
  if (Math.hypot(now.x - start.x, now.y - start.y) > 4) gesture.moved = true;
  if (!gesture.moved) return;
  if (gesture.box) return dragBox(start, now);
  canvas.classList.add('panning');
  hideTip();
  panBy(now.x - before.x, now.y - before.y);
}

/** Two fingers: their distance zooms, their middle pans. */
function pinch() {
  const [a, b] = [...fingers.values()], spread = Math.hypot(a.x - b.x, a.y - b.y), middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  if (gesture.spread) {
    panBy(middle.x - gesture.start.x, middle.y - gesture.start.y);
    zoomTo((camera.scale * spread) / gesture.spread, middle.x, middle.y);
  }
  Object.assign(gesture, { spread, start: middle, moved: true });
}

function pointerUp(event) {
  const was = fingers.delete(event.pointerId), place = placeOf(event);
  canvas.classList.remove('panning');
  if (!was || event.type === 'pointercancel') return;
  gesture.spread = 0;
  if (gesture.box && gesture.moved) return askBox(gesture.start, place);
  if (!gesture.moved) clickAt(place, event.shiftKey);
}

/** Names the segment under the mouse. */
function pointAt(place) {
  const there = toPicture(place.x, place.y);
  const one = isOnPicture(there) ? segmentAt(there) : null;
  hover(one?.id ?? 0, place);
}

function clickAt(place, add) {
  const there = toPicture(place.x, place.y);
  if (!isOnPicture(there)) return closeFound();
  const point = [Math.floor(there.x), Math.floor(there.y)];
  hideTip();
  whatIs(add && state.found ? [...state.found.points, point] : [point], null, false);
}

function boxOf(from, to) {
  const { width, height } = /** @type {Picture} */ (state.picture), a = toPicture(from.x, from.y), b = toPicture(to.x, to.y);
  const left = clamp(Math.floor(Math.min(a.x, b.x)), 0, width - 1), top = clamp(Math.floor(Math.min(a.y, b.y)), 0, height - 1);
  return [left, top, clamp(Math.ceil(Math.max(a.x, b.x)), left + 1, width) - left, clamp(Math.ceil(Math.max(a.y, b.y)), top + 1, height) - top];
}

function dragBox(from, to) {
  state.found = { points: [], box: boxOf(from, to), segments: [], chosen: -1 };
  hideTip();
  draw();
}

const askBox = (from, to) => whatIs([], boxOf(from, to), false);

function wheel(event) {
  // In one column the page itself must scroll; there Ctrl or a pinch zooms.
  if (!event.ctrlKey && camera.fitted && matchMedia('(max-width: 899px)').matches) return;
  event.preventDefault();
  const { x, y } = placeOf(event), lines = event.deltaMode === 1 ? 30 : 1;
  hideTip();
  zoomTo(camera.scale * Math.exp(-clamp(event.deltaY * lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.002)), x, y);
}

function stageKey(event) {
  if (!state.picture?.width || event.ctrlKey || event.metaKey || event.altKey) return;
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const keys = {
    '+': () => zoomTo(camera.scale * 1.25, ...crossPlace()), '=': () => zoomTo(camera.scale * 1.25, ...crossPlace()),
    '-': () => zoomTo(camera.scale / 1.25, ...crossPlace()), 0: fit,
    Enter: () => cross.shown && whatIs([[Math.floor(cross.x), Math.floor(cross.y)]], null, true),
    Escape: letGo,
  };
  const act = arrows ? () => (event.shiftKey ? panBy(-40 * arrows[0], -40 * arrows[1]) : moveCross(arrows)) : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

const crossPlace = () => (cross.shown ? [cross.x * camera.scale + camera.x, cross.y * camera.scale + camera.y] : []);

/** Moves the cross 12 screen pixels, brings it into sight, and names what is under it. */
function moveCross([dx, dy]) {
  const { width, height } = /** @type {Picture} */ (state.picture), by = Math.max(1, 12 / camera.scale);
  if (!cross.shown) Object.assign(cross, { x: width / 2, y: height / 2, shown: true });
  else Object.assign(cross, { x: clamp(cross.x + dx * by, 0, width - 1), y: clamp(cross.y + dy * by, 0, height - 1) });
  const [x, y] = crossPlace(), inset = 24;
  const off = [clamp(x, inset, canvas.clientWidth - inset) - x, clamp(y, inset, canvas.clientHeight - inset) - y];
  if (off[0] || off[1]) panBy(off[0], off[1]);
  const one = segmentAt(cross), place = crossPlace();
  if (one && one.id !== state.hovered) tell(spoken(one));
  hover(one?.id ?? 0, { x: place[0], y: place[1] });
  draw();
}

function letGo() {
  closeFound();
  state.pinned = 0;
  cross.shown = false;
  hover(0);
  markRows();
  draw();
}

// ───────────────────────────── What is this? ─────────────────────────────

const finding = newestOnly();
let foundFrom = /** @type {HTMLElement | null} */ (null);

/** Asks for the masks at a place, whatever the words are, and names them from all vocabularies. */
async function whatIs(points, box, byKeyboard) {
  const picture = state.picture;
  if (!picture) return;
  const signal = finding.begin();
  foundFrom = byKeyboard ? canvas : null;
  state.found = { points, box, segments: [], chosen: -1 };
  openFound(make('p', { className: 'hint', textContent: 'Looking…' }));
  if (byKeyboard) $('at').focus();
  try {
    const body = { ...(box ? { box } : { points }), masks: 'rle', top_k: 4, next_best: 3, ...settingFields(), min_score: undefined };
    const { value } = await askPicture(picture, 'at', { body, signal, what: 'What is this?…' });
    if (signal.aborted || !state.found) return;
    state.found.segments = foundSegments(value);
    state.found.chosen = 0;
    showFound();
  } catch (error) {
    if (signal.aborted) return;
    closeFound();
    showError(error, () => whatIs(points, box, byKeyboard));
  }
}

function foundSegments(answer) {
  const step = state.scene?.step ?? 1;
  return answer.segments.map((one) => ({ ...one, shape: maskOfRle(one.mask, one.box_xywh_px, step), colour: colourOf(one.name), anchor: { x: 0, y: 0 } }));
}

function showFound() {
  const { segments } = /** @type {any} */ (state.found);
  if (!segments.length) {
    openFound(make('p', { className: 'hint', textContent: 'The network has no mask here.' }));
    return tell('The network has no mask here.');
  }
  openFound(make('ul', {}, ...segments.map(foundRow)));
  const [best] = segments;
  tell(`This is ${best.name}, score ${percent(best.score)}.${best.next_best.length ? ` Or ${best.next_best.slice(0, 2).map((one) => one.name).join(', or ')}.` : ''}`);
  draw();
}

function foundRow(one, index) {
  const found = /** @type {any} */ (state.found);
  const next = one.next_best.map(({ name, score }) => `${name} ${percent(score)}`).join(', ');
  const choose = () => { found.chosen = index; showFound(); $('at-body').querySelectorAll('.found')[index]?.focus(); };
  return make('li', {},
    make('button', { type: 'button', className: 'found', 'aria-pressed': index === found.chosen, onclick: choose },
      make('span', {}, make('span', { textContent: one.name }), make('span', { textContent: percent(one.score) })),
      make('span', { textContent: next && `or ${next}` })),
    isAsked(one.name) ? null : make('button', { type: 'button', className: 'square small', title: 'Add to the words', 'aria-label': `Add ${one.name} to the words`, onclick: () => { addWords(one.name); showFound(); $('at').focus(); } }, icon('plus')));
}

function openFound(content) {
  $('at-body').replaceChildren(content);
  $('at').hidden = false;
  placeFound();
  draw();
}

/** Beside the place, inside the stage. */
function placeFound() {
  const { found } = state, card = $('at');
  if (!found || card.hidden) return;
  const [px, py] = found.box ? [found.box[0] + found.box[2], found.box[1]] : found.points[found.points.length - 1];
  const x = px * camera.scale + camera.x, y = py * camera.scale + camera.y;
  const left = x + 18 + card.offsetWidth > canvas.clientWidth - 8 ? x - 18 - card.offsetWidth : x + 18;
  card.style.left = `${clamp(left, 8, Math.max(8, canvas.clientWidth - card.offsetWidth - 8))}px`;
  card.style.top = `${clamp(y - 24, 8, Math.max(8, canvas.clientHeight - card.offsetHeight - 8))}px`;
}

function closeFound() {
  if (!state.found) return;
  const had = $('at').contains(document.activeElement);
  finding.stop();
  state.found = null;
  $('at').hidden = true;
  if (had) (foundFrom ?? canvas).focus();
  draw();
}

// ───────────────────────────── Words on the page ─────────────────────────────

const chipsShown = roving($('chips'));

function showWords() {
  const { chips, vocabularies } = state.words;
  $('chips').replaceChildren(...chips.map(chipOf), ...vocabularies.map(vocabularyChip));
  $('word').placeholder = chips.length || vocabularies.length ? 'add a word' : 'cat, dog | puppy';
  if ($('word').value !== state.draft) $('word').value = state.draft;
  $('undo').disabled = !state.past.length;
  $('redo').disabled = !state.future.length;
  $('clear').hidden = !chips.length && !vocabularies.length;
  showVocabularies();
  chipsShown();
}

function chipOf(chip, at) {
  const next = KINDS[(KINDS.indexOf(chip.kind) + 1) % KINDS.length];
  const [first, ...synonyms] = chip.text.split(' | ');
  const without = () => { changeChips(state.words.chips.filter((_, other) => other !== at)); focusChip(at); };
  const turned = () => { changeChips(state.words.chips.map((one, other) => (other === at ? { ...one, kind: next } : one))); focusChip(at, 'kind'); };
  const node = make('li', { className: `chip is-${chip.kind}` },
    make('button', { type: 'button', className: 'kind', title: `${chip.kind}; make it ${next}`, 'aria-label': `${chip.text} is ${chip.kind}: make it ${next}`, onclick: turned }, make('i', { className: `mark ${chip.kind}` })),
    make('button', { type: 'button', className: 'text', title: 'Change', 'aria-label': `Change ${chip.text}`, onclick: () => editChip(at) }, make('span', {}, first, synonyms.length ? make('small', { textContent: `| ${synonyms.join(' | ')}` }) : null)),
    make('button', { type: 'button', className: 'remove', 'aria-label': `Remove ${chip.text}`, onclick: without }, icon('close')));
  node.addEventListener('keydown', (event) => { if (event.key === 'Delete' || event.key === 'Backspace') { event.preventDefault(); without(); } });
  return node;
}

function vocabularyChip(name) {
  const without = () => { setVocabularies(state.words.vocabularies.filter((one) => one !== name)); $('word').focus(); };
  return make('li', { className: 'chip is-vocabulary' }, make('span', {}, nice(name), ' ', make('small', { textContent: countOf(name) })),
    make('button', { type: 'button', className: 'remove', 'aria-label': `Remove the vocabulary ${nice(name)}`, onclick: without }, icon('close')));
}

/** After a chip changed, the focus is where it was, or at the field when none is left. */
function focusChip(at, part = 'remove') {
  const left = $('chips').querySelectorAll(`.${part}`);
  (left[Math.min(at, left.length - 1)] ?? $('word')).focus();
}

/** Puts a chip's text back into the field. */
function editChip(at) {
  const { text } = state.words.chips[at];
  const pending = state.draft;
  changeChips(state.words.chips.filter((_, other) => other !== at));
  if (pending) addWords(pending);
  state.draft = text;
  showWords();
  $('word').focus();
}

/** What is typed is asked for at once; a comma makes chips of what is before it. */
function typed() {
  const parts = $('word').value.split(/[,\n]/), rest = parts.pop() ?? '';
  if (parts.length) {
    addWords(parts.join(','));
    state.draft = rest.trimStart();
    $('word').value = state.draft;
  } else {
    state.draft = $('word').value;
  }
  askSoon(TYPING_MS);
}

function wordKey(event) {
  if (event.isComposing) return;
  const empty = !$('word').value;
  if (event.key === 'Enter') {
    event.preventDefault();
    if (empty) return;
    addWords($('word').value);
    $('word').value = '';
    showWords();
  } else if (event.key === 'Backspace' && empty && state.words.chips.length) {
    event.preventDefault();
    changeChips(state.words.chips.slice(0, -1));
  } else if (event.key === 'ArrowLeft' && $('word').selectionStart === 0 && $('word').selectionEnd === 0) {
    const buttons = $('chips').querySelectorAll('button');
    buttons[buttons.length - 1]?.focus();
  }
}

function historyKey(event) {
  const inText = event.target.matches?.('input[type=text], input[type=search], input[type=password]') && event.target.value;
  if (inText || !(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]')) return;
  const key = event.key.toLowerCase();
  const act = key === 'z' ? (event.shiftKey ? redo : undo) : key === 'y' ? redo : null;
  if (!act) return;
  event.preventDefault();
  act();
}

const nice = (name) => name.replace(/_\d+k?$/, '').replace(/_/g, ' ');
const countOf = (name) => { const one = state.vocabularies.find((other) => other.name === name); return one ? `${one.classes.toLocaleString()} words` : ''; };
const setVocabularies = (vocabularies) => setWords({ ...state.words, vocabularies });

function showVocabularies() {
  const chosen = state.words.vocabularies;
  $('vocabulary-text').textContent = chosen.length ? `${chosen.length} ${chosen.length === 1 ? 'vocabulary' : 'vocabularies'}` : 'Add a vocabulary';
  const row = ({ name, classes }) => make('label', {},
    make('input', { type: 'checkbox', name, checked: chosen.includes(name), onchange: (event) => toggleVocabulary(name, event.target.checked) }),
    nice(name), make('small', { textContent: `${classes.toLocaleString()} words` }));
  const boxes = $('vocabulary-menu').querySelectorAll('input');
  if (boxes.length === state.vocabularies.length) boxes.forEach((box) => { box.checked = chosen.includes(box.name); });   // keeps the focus
  else $('vocabulary-menu').replaceChildren(...state.vocabularies.map(row));
}

/** "everything" holds all others. */
function toggleVocabulary(name, on) {
  const others = state.words.vocabularies.filter((one) => one !== name && name !== 'everything' && one !== 'everything');
  setVocabularies(on ? [...others, name] : state.words.vocabularies.filter((one) => one !== name));
}

const suggestionsShown = roving($('suggestion-list'));

function showSuggestions(text = '') {
  const { picture, model } = state;
  const names = (picture?.suggestions ?? []).filter((name) => !isAsked(name)).slice(0, 6);
  const byHand = Boolean(picture && !picture.suggestions && model && !suggestsByItself());
  $('suggestions').hidden = !(names.length || byHand || text);
  $('suggest').hidden = !byHand || Boolean(text);
  $('suggestions-text').hidden = !text;
  $('suggestions-text').textContent = text;
  const add = (name, at) => { addWords(name); const left = $('suggestion-list').querySelectorAll('button'); (left[Math.min(at, left.length - 1)] ?? $('word')).focus(); };
  $('suggestion-list').replaceChildren(...names.map((name, at) => make('li', {}, make('button', { type: 'button', 'aria-label': `Add ${name}`, onclick: () => add(name, at) }, icon('plus'), name))));
  suggestionsShown();
}

// ───────────────────────────── Segments on the page ─────────────────────────────

const segmentsShown = roving($('segments'));
const spoken = (one) => `${one.name}, score ${percent(one.score)}. Seen ${percent(one.in_vocabulary_score)}, unseen ${percent(one.out_of_vocabulary_score)}.`
  + (one.next_best.length ? ` Next best: ${one.next_best.map(({ name, score }) => `${name} ${percent(score)}`).join(', ')}.` : '');

function showSegments() {
  const had = document.activeElement?.closest?.('#segments') ? /** @type {any} */ (document.activeElement).dataset.id : null;
  const best = [...(state.scene?.segments ?? [])].sort((a, b) => b.score - a.score);
  $('segments').replaceChildren(...best.map(rowOf));
  if (had) ($('segments').querySelector(`[data-id="${had}"]`) ?? $('segments').querySelector('button'))?.focus();
  $('download').disabled = !state.scene;
  segmentsShown();
  markRows();
}

function rowOf(one) {
  const synonym = one.synonym && !same(one.synonym, one.name) ? make('small', { textContent: one.synonym, title: 'the synonym that won' }) : null;
  const row = make('button', { type: 'button', 'data-id': one.id, 'data-thing': one.thing, 'aria-label': spoken(one), onclick: () => pin(one.id) },
    swatchOf(one.colour), make('span', { className: 'name' }, one.name, synonym),
    meterOf(one.score), make('span', { className: 'score', textContent: percent(one.score) }));
  row.addEventListener('pointerenter', () => hover(one.id));
  row.addEventListener('pointerleave', () => hover(0));
  row.addEventListener('focus', () => hover(one.id));
  row.addEventListener('blur', () => hover(0));
  return make('li', {}, row);
}

function markRows() {
  for (const row of $('segments').querySelectorAll('button')) {
    row.classList.toggle('active', Number(row.dataset.id) === state.hovered);
    row.setAttribute('aria-pressed', String(Number(row.dataset.id) === state.pinned));
  }
}

/** Name, scores and the next best names of a segment, beside the mouse or beside its label. */
function showTip(one, place) {
  if (!one || state.found) return hideTip();
  const { left, right, y } = place ? { left: place.x, right: place.x, y: place.y + 14 } : besideOf(one);
  if ($('tip').dataset.id !== String(one.id) || $('tip').hidden) $('tip').replaceChildren(...tipOf(one));
  $('tip').dataset.id = String(one.id);
  $('tip').hidden = false;
  const { offsetWidth: w, offsetHeight: h } = $('tip');
  const x = right + 18 + w > canvas.clientWidth - 6 ? left - 18 - w : right + 18;
  $('tip').style.transform = `translate(${Math.round(clamp(x, 6, Math.max(6, canvas.clientWidth - w - 6)))}px, ${Math.round(clamp(y, 6, Math.max(6, canvas.clientHeight - h - 6)))}px)`;
}

/** Where a tip covers a segment least. */
function besideOf({ shape }) {
  const unit = /** @type {Scene} */ (state.scene).step * camera.scale;
  return { left: shape.x * unit + camera.x, right: (shape.x + shape.w) * unit + camera.x, y: shape.y * unit + camera.y };
}

function hideTip() { $('tip').hidden = true; }

/** A bar for the eyes; the number stands beside it. */
function meterOf(score) {
  const bar = make('i');
  bar.style.width = `${100 * clamp(score, 0, 1)}%`;
  return make('span', { className: 'meter', 'aria-hidden': true }, bar);
}

function tipOf(one) {
  const measure = (name, score) => make('div', { className: 'measure' }, make('span', { textContent: name }), meterOf(score), make('b', { textContent: percent(score) }));
  const synonym = one.synonym && !same(one.synonym, one.name) ? make('p', { textContent: `as “${one.synonym}”` }) : null;
  return [
    make('h3', {}, one.name, make('span', { textContent: percent(one.score) })), synonym,
    make('h4', { textContent: `${one.thing ? 'thing' : 'stuff'}, ${one.area_px.toLocaleString()} px` }),
    measure('trained (in)', one.in_vocabulary_score), measure('CLIP (out)', one.out_of_vocabulary_score),
    ...(one.next_best.length ? [make('h4', { textContent: 'next best' }), ...one.next_best.slice(0, 3).map(({ name, score }) => measure(name, score))] : []),
  ].filter(Boolean);
}

let lastTimes = /** @type {Record<string, number> | null} */ (null);
function showTimes(times = lastTimes) {
  lastTimes = times;
  if (!times) return;
  const network = state.picture?.times.encode, words = Object.keys(wordFields()).length === 0 && state.model?.training_words;
  const parts = [
    words ? `No words: those that the model was trained on (${words.length}).` : '',
    times.ask === undefined ? `Answered in ${Math.round(times.whole)} ms` : `Asked in ${times.ask.toFixed(times.ask < 10 ? 1 : 0)} ms`,
    network === undefined ? '' : `the network ran once, ${Math.round(network)} ms`,
  ];
  $('limits').hidden = !state.model?.bundled || state.picture?.isExample !== false;
  $('times').textContent = `${parts[0]} ${parts.slice(1).filter(Boolean).join('; ')}.`.trim();
}

// ───────────────────────────── Settings ─────────────────────────────

function showSlider(id, value) {
  $(id).value = String(value);
  $(`${id}-out`).textContent = id === 'opacity' ? `${value} %` : percent(value);
}

function showDefaults() {
  const defaults = state.model?.defaults ?? {};
  showSlider('alpha', state.alpha ?? defaults.alpha ?? 0);
  showSlider('beta', state.beta ?? defaults.beta ?? 0);
}

function chooseTask(task) {
  state.task = task;
  const radio = /** @type {HTMLInputElement} */ (document.querySelector(`[name=task][value=${task}]`));
  radio.checked = true;
}

const isDarkTheme = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

/** The system's colours unless people chose others; choosing what the system has follows the system again. */
function setTheme(theme) {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  if (theme && theme !== system) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  themeChanged();
}

function themeChanged() {
  $('theme').setAttribute('aria-pressed', String(isDarkTheme()));
  veil.of = null;
  draw();
}

function switchTheme() {
  setTheme(isDarkTheme() ? 'light' : 'dark');
  const chosen = document.documentElement.dataset.theme;
  if (chosen) localStorage.setItem('fcclip.theme', chosen);
  else localStorage.removeItem('fcclip.theme');
}

function listenToSettings() {
  const slide = (id, act) => $(id).addEventListener('input', () => { const value = Number($(id).value); showSlider(id, value); act(value); });
  slide('opacity', (value) => { state.opacity = value / 100; draw(); });
  slide('min_score', (value) => { state.minScore = value; askSoon(SLIDING_MS); });
  slide('alpha', (value) => { state.alpha = value; askSoon(SLIDING_MS); });
  slide('beta', (value) => { state.beta = value; askSoon(SLIDING_MS); });
  $('reset').onclick = () => { Object.assign(state, { alpha: null, beta: null }); showDefaults(); askSoon(0); };
  $('labels').onchange = (event) => { state.labels = event.target.checked; draw(); };
  $('patterns').onchange = (event) => { state.patterns = event.target.checked; ask(); };
  for (const radio of document.querySelectorAll('[name=task]')) radio.addEventListener('change', () => { state.task = /** @type {any} */ (radio).value; state.minScore = null; writeLink(); ask(); });
  for (const radio of document.querySelectorAll('[name=show]')) radio.addEventListener('change', () => { state.show = /** @type {any} */ (radio).value; draw(); });
}

// ───────────────────────────── Downloads ─────────────────────────────

const MIME = { png: 'image/png', json: 'application/json', geojson: 'application/geo+json', txt: 'text/plain', zip: 'application/zip' };

function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 30000);
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** One file comes as it is, several as a zip. The words being typed and the thresholds count, as on the page. */
async function download(kind, task) {
  const picture = state.picture;
  if (!picture) return;
  const { signal } = picture.gone;
  const body = { ...wordFields(), ...settingFields(), task: task ?? state.task, write: kind, map: 'none' };
  if (task && task !== state.task) delete body.min_score;   // the slider stands for the task on the page
  try {
    const { value } = await askPicture(picture, 'segments', { body, signal, what: 'Writing…' });
    const files = value.files ?? [];
    if (files.length === 1) return save(new Blob([bytesOf(files[0].base64)], { type: MIME[files[0].name.split('.').pop()] }), files[0].name.split('/').pop());
    const zip = await askPicture(picture, 'segments', { body, signal, accept: 'application/zip', read: 'blob', what: 'Writing…' });
    save(zip.value, `${picture.name.replace(/\.\w+$/, '')}.${kind}.zip`);
  } catch (error) {
    showError(error, () => download(kind, task));
  }
}

// ───────────────────────────── Dialogs ─────────────────────────────

function showModel() {
  const { model, models } = state;
  $('model-name').textContent = model ? model.name : 'no model';
  $('model-dot').classList.toggle('ready', Boolean(model?.ready));
  if (!model) return;
  const words = model.training_words ?? [];
  $('model-title').textContent = `Model ${model.name}`;
  $('model-about').textContent = model.ready ? `It was trained on ${words.length} names${model.bundled ? ', in composed scenes' : ''}. Any other word works as well as its CLIP knows it.` : 'It is being loaded.';
  const facts = { Title: model.title === model.name ? '' : model.title, Origin: model.provenance, Device: model.device, 'Input, shorter side': model.short_side && `${model.short_side} px`, 'Masks at most': model.queries };
  $('model-facts').replaceChildren(...Object.entries(facts).filter(([, value]) => value).flatMap(([name, value]) => [make('dt', { textContent: name }), make('dd', { textContent: value })]));
  $('model-published').hidden = !model.bundled;
  $('model-words-title').textContent = `The ${words.length} names it was trained on`;
  $('model-choice').hidden = models.length < 2;
  $('model-select').replaceChildren(...models.map(({ name }) => make('option', { value: name, textContent: name, selected: name === model.name })));
  filterModelWords();
}

function filterModelWords() {
  const part = $('model-filter').value.trim().toLowerCase(), words = state.model?.training_words ?? [];
  $('model-words').textContent = words.filter((word) => word.toLowerCase().includes(part)).join(', ') || 'none of them';
}

/** Another model sees the picture anew. */
function chooseModel(name) {
  state.model = state.models.find((one) => one.name === name) ?? state.model;
  Object.assign(state, { alpha: null, beta: null });
  if (state.picture) Object.assign(state.picture, { id: '', encoding: null, suggestions: null });
  showModel();
  showDefaults();
  showSuggestions();
  ask();
}

let tokenAsked = /** @type {Promise<void> | null} */ (null);
/** However many requests were refused, people are asked once. */
function askToken(again, problem, signal) {
  tokenAsked ??= tokenDialog(again).finally(() => { tokenAsked = null; });
  return untilAborted(tokenAsked.catch(() => { throw problem; }), signal ?? new AbortController().signal);
}

function tokenDialog(again) {
  const dialog = $('token-dialog');
  if (again) $('token-text').textContent = 'The server did not accept that token.';
  $('token').value = '';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done, failed) => dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'ok' || !$('token').value) return failed(new Error('no token'));
    sessionStorage.setItem('fcclip.token', $('token').value.trim());
    done(undefined);
  }, { once: true }));
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);   // only where the page comes by TLS or from this machine
    say('Link copied. It holds the words, not the picture.');
  } catch {
    $('link-text').value = location.href;
    $('link-dialog').showModal();
    $('link-text').select();
  }
}

async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia || matchMedia('(pointer: coarse)').matches) return $('capture').click();   // the phone's own camera
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } } });
    $('video').srcObject = stream;
    $('camera-dialog').showModal();
    $('camera-dialog').addEventListener('close', () => stream.getTracks().forEach((track) => track.stop()), { once: true });
    await $('video').play();
  } catch (error) {
    showError(new Problem(0, error.name === 'NotAllowedError' ? 'The browser was not allowed to use the camera.' : 'There is no camera that the browser can use.'), null);
  }
}

function shoot() {
  const { videoWidth: width, videoHeight: height } = $('video');
  if (!width) return;
  const shot = make('canvas', { width, height });
  shot.getContext('2d').drawImage($('video'), 0, 0);
  $('camera-dialog').close();
  shot.toBlob((blob) => openPicture(blob, 'camera.jpg'), 'image/jpeg', 0.92);
}

/** A menu opens under its button, or above where there is more room. */
function placeMenu(event) {
  if (event.newState !== 'open') return;
  const menu = event.target, button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const below = innerHeight - button.bottom > menu.offsetHeight + 12 || innerHeight - button.bottom > button.top;
  const top = below ? button.bottom + 6 : button.top - menu.offsetHeight - 6;
  menu.style.top = `${clamp(top, 8, Math.max(8, innerHeight - menu.offsetHeight - 8))}px`;
  menu.style.left = `${clamp(button.left, 8, Math.max(8, innerWidth - menu.offsetWidth - 8))}px`;
}

// ───────────────────────────── Start ─────────────────────────────

function listenToStage() {
  const on = (name, act, options = undefined) => canvas.addEventListener(name, act, options);
  on('pointerdown', pointerDown);
  on('pointermove', pointerMove);
  on('pointerup', pointerUp);
  on('pointercancel', pointerUp);
  on('pointerleave', () => hover(0));
  on('wheel', wheel, { passive: false });
  on('keydown', stageKey);
  on('focus', draw);
  on('blur', () => { cross.shown = false; hover(0); draw(); });
  $('zoom-in').onclick = () => zoomTo(camera.scale * 1.5);
  $('zoom-out').onclick = () => zoomTo(camera.scale / 1.5);
  $('zoom-real').onclick = () => zoomTo(1);
  $('zoom-fit').onclick = fit;
  $('at-close').onclick = closeFound;
  $('at').addEventListener('keydown', (event) => { if (event.key === 'Escape') closeFound(); });
  new ResizeObserver(() => (camera.fitted ? fit() : cameraMoved())).observe(canvas);
}

function listenToPictures() {
  $('open').onclick = () => $('file').click();
  $('camera').onclick = openCamera;
  $('shoot').onclick = shoot;
  for (const id of ['file', 'capture']) $(id).onchange = () => { openFiles($(id).files); $(id).value = ''; };
  let depth = 0;   // dragenter and dragleave come for every element that is crossed
  const dragging = (by) => { depth = Math.max(0, depth + by); $('drop').hidden = !depth; };
  const isFile = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragenter', (event) => { if (isFile(event)) dragging(1); });
  addEventListener('dragleave', (event) => { if (isFile(event)) dragging(-1); });
  addEventListener('dragover', (event) => { if (isFile(event)) event.preventDefault(); });
  addEventListener('drop', (event) => { if (isFile(event)) { event.preventDefault(); dragging(-depth); openFiles(event.dataTransfer.files); } });
  addEventListener('paste', (event) => { const { files } = event.clipboardData ?? { files: [] }; if (files.length) { event.preventDefault(); openFiles(files); } });
}

function listenToWords() {
  $('word').addEventListener('input', typed);
  $('word').addEventListener('keydown', wordKey);
  $('field').addEventListener('pointerdown', (event) => { if (event.target === $('field')) { event.preventDefault(); $('word').focus(); } });
  $('undo').onclick = undo;
  $('redo').onclick = redo;
  $('clear').onclick = () => { setWords({ chips: [], vocabularies: [] }); $('word').focus(); };
  $('link').onclick = copyLink;
  $('suggest').onclick = () => suggest(true);
  addEventListener('keydown', historyKey);
  addEventListener('hashchange', () => { const before = state.words; if (readLink()) { state.past.push(before); showWords(); showSuggestions(); ask(); } });
}

function listenToDialogs() {
  $('theme').onclick = switchTheme;
  $('help').onclick = () => $('help-dialog').showModal();
  for (const id of ['model-button', 'model-more', 'limits-more']) $(id).onclick = () => $('model-dialog').showModal();
  $('model-select').onchange = (event) => chooseModel(event.target.value);
  $('model-filter').oninput = filterModelWords;
  $('notice-close').onclick = hideNotice;
  $('token-cancel').onclick = () => $('token-dialog').close();   // no submit button: Enter would press the first one
  for (const menu of document.querySelectorAll('.menu')) menu.addEventListener('toggle', placeMenu);
  for (const item of $('download-menu').querySelectorAll('button')) item.onclick = () => { $('download-menu').hidePopover(); download(item.dataset.write, item.dataset.task); };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme(localStorage.getItem('fcclip.theme')));
  addEventListener('online', wakeUp);
}

/** Models and vocabularies; asked again when a server came back, which may have another model. */
async function loadLists() {
  try {
    const [models, vocabularies] = await Promise.all([call('v1/models'), call('v1/vocabularies')]);
    state.models = models.value.models;
    state.model = state.models.find((one) => one.name === state.model?.name) ?? state.models[0] ?? null;
    state.vocabularies = vocabularies.value.vocabularies.sort((a, b) => Number(b.name === 'everything') - Number(a.name === 'everything'));
    showModel();
    showDefaults();
    showWords();
    showSuggestions();
    showTimes();
    if (state.models.some((one) => !one.ready)) setTimeout(loadLists, 2000);
    else if (state.scene) suggestSoon(SUGGEST_MS);
  } catch (error) {
    showError(error, loadLists);
  }
}

function start() {
  setTheme(localStorage.getItem('fcclip.theme'));
  listenToStage();
  listenToPictures();
  listenToWords();
  listenToSettings();
  listenToDialogs();
  if (!readLink()) state.words = wordsFrom(EXAMPLE);
  showSlider('opacity', Math.round(state.opacity * 100));
  showSlider('min_score', 0);
  showDefaults();
  showWords();
  showSegments();
  loadLists();
  openExample();
}

start();
