import { openHarbor } from "../../harbor/client/client";
import { isHarborError } from "../../harbor/client/errors";
import type { TransportOptions } from "../../harbor/client/transport";
import { waitFor } from "../../lib/wait";

/** Milliseconds that a Harbor has to answer whose pods are ready. */
const answersWithin = 300_000;

/**
 * The administrator's password came with the source's database; the target's Secret has its own, which its stack made and
 * goes on with. So it is set, by the old one. Does nothing where that was done before.
 *
 * @param options of the target, with the password that is to hold
 */
export async function adoptPassword(
    options: TransportOptions,
    former: string,
    { signal, update }: { readonly signal: AbortSignal; readonly update: (detail: string) => void },
): Promise<void> {
    if (former === options.password) return;
    const old = openHarbor({ ...options, password: former });
    const own = openHarbor(options);
    try {
        let last = "";
        let tries = 0;
        const who = await waitFor(
            async () => {
                const { client } = tries++ % 2 === 0 ? old : own;
                try {
                    return { client, user: await client.users.current({ signal }) };
                } catch (error) {
                    if (!isHarborError(error)) throw error;
                    last = error.render();
                    update(error.message);
                    return undefined;
                }
            },
            {
                what: "the moved Harbor to answer",
                timeoutMs: answersWithin,
                // A wrong password locks the name for 1.6 s, for the right one as well.
                intervalMs: 2_000,
                signal,
                describe: () => last,
            },
        );
        if (who.client === own.client) return;
        // The dump is of a quiet window, and a read-only Harbor changes no password.
        await old.client.configurations.setReadOnly(false, { signal });
        await old.client.users.setPassword(who.user.user_id, options.password ?? "", former, { signal });
    } finally {
        await Promise.all([old.close(), own.close()]);
    }
}
