import { recordWarning } from "../../engine";
import type { Deployment } from "./deployment";
import { UncertainError, type Diff, type Kind } from "./kinds";
import { forcedReplacement } from "./kinds/kubernetes/force-new";

const told = new WeakSet<Deployment>();

/**
 * The same kind, which compares with the record alone where the cluster does not answer; what an update would replace is
 * told by what Kubernetes is known to refuse.
 */
export function orRecord(kind: Kind, deployment: Deployment): Kind {
    if (deployment.options.orRecord !== true) return kind;
    const attempt = async <T>(work: () => T | Promise<T>, otherwise: () => T): Promise<T> => {
        try {
            return await work();
        } catch (error) {
            if (!(error instanceof UncertainError)) throw error;
            if (!told.has(deployment))
                deployment.options.onEvent({ kind: "diagnostic", severity: "warning", message: recordWarning });
            told.add(deployment);
            return otherwise();
        }
    };
    const planned = kind.planned?.bind(kind);
    return {
        ...kind,
        diff: (old, news, inputDiff, context) =>
            attempt<Diff>(
                () => kind.diff(old, news, inputDiff, context),
                () => {
                    const forced = forcedReplacement(news, inputDiff, context.provider);
                    if (forced) return { kind: "replace", changes: forced };
                    return { kind: inputDiff.length > 0 ? "update" : "same", changes: inputDiff };
                },
            ),
        ...(planned === undefined
            ? {}
            : {
                  planned: (news, context) =>
                      attempt(
                          () => planned(news, context),
                          () => news,
                      ),
              }),
    };
}
