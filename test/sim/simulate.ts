/**
 * One run of the simulation: production's consume, seal, merge, recover and answer code over a world that one seed
 * decides. Processes live until they are killed between any two awaits, or at a named failpoint; then the disk loses
 * or tears what was not synced, and the next process has to answer as the model says.
 */

import type { SqliteFile } from "#broker/catalog/sqlite-node";
import { sqliteCatalog } from "#broker/catalog/sqlite-node";
import { settle } from "#test/setup/clock";
import { type SeededRandom, seededRandom } from "#test/setup/random";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";
import { catalogFile } from "./catalog.ts";
import { MirrorModel, ModelError, mirroredId, PushModel, VersionModel } from "./model.ts";
import { Mortal } from "./mortal.ts";
import { type Bugs, noBugs, type SimProcess, startProcess } from "./process.ts";
import { SimTopic } from "./topic.ts";

export interface SimOptions {
  readonly seed: number;
  readonly bugs?: Partial<Bugs>;
  /** How many processes live and die. */
  readonly processes?: number;
}

export interface SimReport {
  readonly deaths: readonly string[];
  readonly rows: number;
  readonly answers: number;
  readonly steps: number;
  /** Failpoints that some process passed, "gap" and "refused push": what the run has seen. */
  readonly seen: ReadonlySet<string>;
}

const partitions = 2;
const sameRows = 5;
const failpoints = [
  "log.append",
  "log.sync",
  "log.trim",
  "push.durable",
  "sink-appended",
  "seal-encoded",
  "seal-renamed",
  "catalog-committed",
  "segment-swapped",
  "log-trimmed",
  "merge-encoded",
  "merge-written",
  "merge-committed",
] as const;

/** Runs one seed to its end; throws ModelError, whose message has the story, when the answers are wrong. */
export async function simulate(options: SimOptions): Promise<SimReport> {
  const run = new Run(options);
  try {
    return await run.all();
  } catch (error) {
    if (error instanceof ModelError) error.message = `${error.message}\n${run.story()}`;
    throw error;
  }
}

class Run {
  readonly #random: SeededRandom;
  readonly #bugs: Bugs;
  readonly #processes: number;
  readonly #file: SqliteFile = catalogFile();
  readonly #topic = new SimTopic(partitions);
  readonly #pushes = new PushModel();
  readonly #mirror = new MirrorModel(this.#topic);
  readonly #versions = new VersionModel();
  readonly #deaths: string[] = [];
  readonly #events: string[] = [];
  readonly #seen = new Set<string>();
  #world: MemoryWorld;
  #nextId = 1;
  #answers = 0;
  #steps = 0;

  constructor({ seed, bugs, processes }: SimOptions) {
    this.#random = seededRandom(seed);
    this.#bugs = { ...noBugs, ...bugs };
    this.#processes = processes ?? 6;
    this.#world = memoryWorld(seed);
    this.#world.disk.faults.syncIsIgnored = this.#bugs.ignoresSync;
  }

  story(): string {
    return this.#events.slice(-40).join("\n");
  }

  async all(): Promise<SimReport> {
    // A file that was made in one piece: what is planted are faults of its use.
    await sqliteCatalog(this.#file);
    for (let at = 0; at < this.#processes; at++) await this.#life(at);
    await this.#end();
    const rows = this.#pushes.batches.filter(({ state }) => state === "acknowledged");
    return {
      deaths: this.#deaths,
      rows: rows.reduce((sum, batch) => sum + batch.ids.length, 0),
      answers: this.#answers,
      steps: this.#steps,
      seen: this.#seen,
    };
  }

  #tell(event: string): void {
    this.#events.push(`${this.#world.clock.monotonicMs().toFixed(0)} ms: ${event}`);
  }

  /** A process from its start to its death. */
  async #life(at: number): Promise<void> {
    const random = this.#random;
    const mortal = new Mortal({
      steps: 10 + random.below(at === 0 ? 900 : 400),
      failpoint: random.chance(0.5)
        ? { name: failpoints[random.below(failpoints.length)]!, left: 1 + random.below(4) }
        : null,
    });
    this.#topic.faultiness = random.chance(0.3) ? 0.2 : 0;
    const process = await this.#start(mortal);
    if (process !== null) {
      await this.#work(process, mortal);
      if (mortal.alive && random.chance(0.2)) {
        this.#tell("closes");
        await this.#until(mortal, process.close());
      }
    }
    await this.#bury(mortal);
  }

  /** Starts and checks the first answers; null when it died on the way. */
  async #start(mortal: Mortal): Promise<SimProcess | null> {
    const starting = startProcess({
      world: this.#world,
      mortal,
      file: this.#file,
      topic: this.#topic,
      random: this.#random.fork(`process ${this.#deaths.length}`),
      bugs: this.#bugs,
    });
    const process = await this.#until(mortal, starting);
    if (process === null) return null;
    this.#tell("started");
    await this.#check(process, mortal, { afterRestart: true, complete: false });
    return mortal.alive ? process : null;
  }

  /** The value, or null when the process died first. Time goes on meanwhile. */
  async #until<T>(mortal: Mortal, work: Promise<T>): Promise<T | null> {
    let value: { readonly done: T } | null = null;
    let failure: { readonly error: unknown } | null = null;
    work.then(
      (done) => {
        value = { done };
      },
      (error: unknown) => {
        failure = { error };
      },
    );
    const over = () => value !== null || failure !== null || !mortal.alive;
    if (!(await this.#world.clock.runUntil(over, 600_000)) && !over())
      throw new ModelError(
        `the process hangs\n${this.#world.logged.map(({ message }) => message).join("\n")}`,
      );
    if (!mortal.alive) return null;
    if (failure !== null) throw (failure as { error: unknown }).error;
    return (value as unknown as { done: T }).done;
  }

  async #bury(mortal: Mortal): Promise<void> {
    mortal.kill("killed");
    await settle();
    this.#steps += mortal.steps;
    for (const name of this.#world.failpoints) this.#seen.add(name);
    this.#deaths.push(mortal.cause);
    this.#tell(`died ${mortal.cause}`);
    this.#pushes.died();
    this.#world.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    this.#world.disk.crash(this.#random);
    const { disk, clock } = this.#world;
    const next = memoryWorld(this.#random.below(2 ** 31), disk);
    next.clock.jump(clock.nowMs() - next.clock.nowMs());
    this.#world = next;
  }

  async #work(process: SimProcess, mortal: Mortal): Promise<void> {
    const actions = 10 + this.#random.below(60);
    for (let at = 0; at < actions && mortal.alive; at++) {
      await this.#act(process, mortal);
      await settle(1);
    }
  }

  async #act(process: SimProcess, mortal: Mortal): Promise<void> {
    const random = this.#random;
    const { clock, disk } = this.#world;
    const dice = random.below(100);
    if (dice < 35) void this.#push(process, 1 + random.below(30));
    else if (dice < 55) this.#produce();
    else if (dice < 70) await clock.advance(random.below(60));
    else if (dice < 75) clock.jump(random.below(7_200_000) - 3_600_000);
    else if (dice < 80) process.background(process.admin.consumption.forceCommit(this.#table()));
    else if (dice < 86) process.background(process.server.maintain());
    else if (dice < 88) this.#retry(process);
    else if (dice < 90) disk.faults.capacityBytes = random.chance(0.5) ? 20_000 : Number.POSITIVE_INFINITY;
    else if (dice < 91) this.#forget();
    else if (dice < 92) process.background(process.alter(this.#table()));
    else if (dice < 93) await this.#makeAnew(process, mortal);
    else if (dice < 95) process.background(process.pauseOrResume(this.#table()));
    else await this.#check(process, mortal, { afterRestart: false, complete: false });
  }

  #table(): "pushed" | "mirrored" {
    return this.#random.chance(0.5) ? "pushed" : "mirrored";
  }

  #push(process: SimProcess, rows: number): Promise<void> {
    const ids = Array.from({ length: rows }, () => this.#nextId++);
    this.#pushes.batches.push({ key: `key-${ids[0]}`, ids, state: "sent", visible: false, drops: 0 });
    return this.#send(process, this.#pushes.batches.at(-1)!);
  }

  /** A client that got no answer asks again, under the same key: it must not count twice. */
  #retry(process: SimProcess): void {
    const batch = this.#pushes.batches.findLast(
      ({ state }) => state === "refused" || state === "acknowledged",
    );
    if (batch === undefined) return;
    if (batch.state === "refused") batch.state = "sent";
    void this.#send(process, batch);
  }

  #send(process: SimProcess, batch: PushModel["batches"][number]): Promise<void> {
    const before = batch.state;
    if (before === "sent") batch.drops = this.#pushes.drops;
    const body = batch.ids.map((id) => `${JSON.stringify({ id, text: `row ${id % 7}`, ts: id })}\n`).join("");
    const options = { format: "ndjson", idempotencyKey: batch.key, sync: this.#random.chance(0.3) } as const;
    const sent = process.admin.pushes.push("pushed", new TextEncoder().encode(body), options).then(
      () => {
        if (process.mortal.alive) this.#pushes.acknowledged(batch, options.sync);
      },
      (error: unknown) => {
        if (process.mortal.alive && before === "sent") batch.state = "refused";
        this.#seen.add("refused push");
        this.#tell(`push ${batch.key} is refused: ${error instanceof Error ? error.message : error}`);
      },
    );
    process.background(sent);
    return sent;
  }

  /** Once or twice, each time with as many rows of its own: what tells the tables apart is then their incarnation. */
  async #makeAnew(process: SimProcess, mortal: Mortal): Promise<void> {
    for (let left = 1 + this.#random.below(2); left > 0 && mortal.alive; left--) {
      await this.#dropAndMake(process, mortal);
      if (!mortal.alive) return;
      const pushed = this.#push(process, sameRows);
      if (
        (await this.#until(
          mortal,
          pushed.then(() => true),
        )) === null
      )
        return;
      await this.#check(process, mortal, { afterRestart: false, complete: false });
    }
  }

  /** Drops the pushed table while whatever goes on goes on, and makes it again. */
  async #dropAndMake(process: SimProcess, mortal: Mortal): Promise<void> {
    const gone = this.#pushes.dropping();
    this.#tell("drops pushed");
    if (
      (await this.#until(
        mortal,
        process.drop("pushed").then(() => true),
      )) === null
    )
      return;
    this.#pushes.dropped(gone);
    this.#seen.add("drop");
    const left = this.#world.disk.paths().filter((path) => /^(tables|log)\/pushed\//.test(path));
    if (left.length > 0) throw new ModelError(`pushed was dropped, but ${left.join(", ")} are left`);
    if (
      (await this.#until(
        mortal,
        process.makeAgain("pushed").then(() => true),
      )) !== null
    )
      this.#seen.add("made anew");
  }

  #produce(): void {
    const partition = this.#random.below(partitions);
    for (let left = 1 + this.#random.below(50); left > 0; left--) {
      const id = mirroredId(partition, this.#topic.rows[partition]!.length);
      this.#topic.produce(partition, { id, text: `row ${id % 11}`, ts: id });
    }
  }

  #forget(): void {
    const partition = this.#random.below(partitions);
    const { length } = this.#topic.rows[partition]!;
    this.#topic.forget(partition, BigInt(this.#random.below(length + 1)));
  }

  async #check(
    process: SimProcess,
    mortal: Mortal,
    options: { readonly afterRestart: boolean; readonly complete: boolean },
  ): Promise<void> {
    const { afterRestart, complete } = options;
    const required = this.#pushes.required({ visible: !afterRestart && !complete });
    const pushed = await this.#until(mortal, process.answer("pushed"));
    if (pushed === null) return;
    this.#answers++;
    this.#versions.check("pushed", pushed);
    this.#pushes.check(pushed, { required, afterRestart });
    const mirrored = await this.#until(mortal, process.answer("mirrored"));
    if (mirrored === null) return;
    this.#answers++;
    this.#versions.check("mirrored", mirrored);
    this.#mirror.check(mirrored, options);
    if (mirrored.gaps.length > 0) this.#seen.add("gap");
  }

  /** Without faults, everything must come to rest and be there exactly once; and again after a clean restart. */
  async #end(): Promise<void> {
    this.#topic.faultiness = 0;
    for (let round = 0; round < 2; round++) {
      const mortal = new Mortal({ steps: Number.POSITIVE_INFINITY, failpoint: null });
      const process = await this.#start(mortal);
      if (process === null) throw new ModelError("a process without faults died");
      await this.#until(mortal, process.resumeAll());
      await this.#until(mortal, process.rest());
      await this.#check(process, mortal, { afterRestart: false, complete: true });
      await this.#until(mortal, process.sealAll());
      await this.#check(process, mortal, { afterRestart: false, complete: true });
      await this.#until(mortal, process.close());
      await this.#bury(mortal);
    }
  }
}
