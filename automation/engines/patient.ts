import type { Engine, EngineOptions, EngineResult } from "../engine";
import { withPatience, type Patience } from "../patience";

/** The same engine, which waits for another update of its stack in place of failing at once. */
export function patientEngine(engine: Engine, patience: Patience): Engine {
    const patiently =
        (work: (options?: EngineOptions) => Promise<EngineResult>) =>
        (options: EngineOptions = {}): Promise<EngineResult> =>
            withPatience(() => work(options), { ...patience, signal: options.signal ?? patience.signal });
    return {
        name: engine.name,
        version: engine.version,
        stack: engine.stack,
        preview: patiently((options) => engine.preview(options)),
        up: patiently((options) => engine.up(options)),
        refresh: patiently((options) => engine.refresh(options)),
        destroy: patiently((options) => engine.destroy(options)),
        unprotect: () => engine.unprotect(),
        recover: () => engine.recover(),
        outputs: () => engine.outputs(),
        config: () => engine.config(),
        resources: () => engine.resources(),
    };
}
