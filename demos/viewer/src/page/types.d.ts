// The types of what the page shows, for the checker and for readers. The scripts are
// parts of one module, so these are known to all of them. Only the fields are listed
// that several scripts use; a step has those of its kind, which format.md describes.

/** The name of a task or a timer: "7", or "7.2" for the second tenant of slot 7. */
type Id = string;

/** A step of a recording. */
interface Step {
  ev: string;
  /** Nanoseconds since the executor was built. */
  t: number;
  task?: Id | null;
  by?: Id | null;
  timer?: Id;
  watch?: number;
  section?: number;
  child?: number;
  /** The step that caused this one. */
  because?: number | null;
  /** "file:line:column". */
  at?: string | null;
  text?: string | null;
  [field: string]: any;
}

/** What a task waits for: one of these. */
interface AwaitedThing {
  task?: Id;
  timer?: Id;
  watch?: number;
  section?: number;
  turn?: true;
}

interface Wait {
  on: AwaitedThing;
  at: string | null;
  step: number;
}

/** A task after a step. Where a field holds a step, it is null if there was none. */
interface Task {
  id: Id;
  /** Its number among all tasks of the recording. */
  index: number;
  name: string | null;
  /** Where it was seen last, in which step of its own, and where it was spawned. */
  at: string | null;
  came: number | null;
  spawnAt: string | null;
  spawned: number | null;
  by: Id | null;
  live: boolean;
  queued: boolean;
  polling: boolean;
  polls: number;
  found: boolean;
  /** Somebody holds the right to its outcome. */
  held: boolean;
  detached: number | null;
  waits: Wait[];
  kept: boolean;
  woken: number | null;
  marked: number | null;
  /** The mark that was taken back last. */
  lastMark: number | null;
  cancelled: number | null;
  /** A cancellation was passed on to it. */
  passed: number | null;
  /** A section of it has cancelled what is in it. */
  limited: number | null;
  /** A cancellation was passed on to a place in its own future. */
  inward: number | null;
  dropping: boolean;
  outcome: string | null;
  text: string | null;
  failure: any;
  /** Somebody has looked at its value, who would have told of a failure. */
  judged: boolean;
  ended: number | null;
  vacant: boolean;
}

interface Timer {
  id: Id;
  index: number;
  task: Id | null;
  function?: string;
  deadline: number | null;
  delay: number | null;
  level: number | null;
  list: number | null;
  where: "wheel" | "heap" | "nursery" | "due" | "fired" | "removed";
  /** The steps that set it, and that moved it last. */
  set: number;
  moved?: number;
}

/** What a pane shows: the state after a step, and the step itself. */
interface Moment {
  recording: Recording;
  state: State;
  step: number;
  event: Step | undefined;
  selected: Id | null;
  /** What comes later isn't to be seen, as the quiz asks for it. */
  hideFuture: boolean;
}

/** A piece of a sentence: text, a task, a link to a step, or words of the program. */
type Part = string | { task?: Id; link?: number; text?: string; quote?: string };

/** A stop of the story. */
interface Chapter {
  number: number;
  kind: string;
  step: number;
  words: Part[];
}

/** For tests, and for the console. */
interface Window {
  wheelhouse: { readonly step: number; steps: Step[]; state(step: number): object; goto(step: number): void };
}

/** The table of sentences, and of their parts. */
declare const TABLE: { steps: Record<string, string>; phrases: Record<string, string> };
