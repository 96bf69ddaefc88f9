import { images } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import { jobSpec } from "../job-spec";
import { names, secretKeys } from "../names";
import { masterSet } from "./failovers";

/**
 * Ends when the Sentinel names a master that answers as one. Before its operator has told it, a Sentinel of spotahome's
 * names itself: 127.0.0.1 (spotahome/redis-operator#532). The password goes by the environment, and to the master alone.
 */
export const readyScript = `host=\${SENTINEL%:*} port=\${SENTINEL#*:}
while :; do
    master=$(redis-cli -h "$host" -p "$port" SENTINEL get-master-addr-by-name "$MASTER_SET" | head -n 1 || true)
    case $master in
    '' | 127.* | *[!0-9a-fA-F.:]*) ;;
    *)
        if REDISCLI_AUTH=$PASSWORD redis-cli -h "$master" INFO replication | grep -q '^role:master'; then
            echo "the master is $master"
            exit 0
        fi
        ;;
    esac
    echo "no master yet"
    sleep 2
done
`;

/** The Job that Harbor waits for where the operator does not say when its servers answer. Pure. */
export function readySpec(sentinel: string, { priorityClass }: Settings["placement"]) {
    return jobSpec({
        name: "ready",
        image: images.redis,
        script: readyScript,
        variables: { SENTINEL: sentinel, MASTER_SET: masterSet },
        secrets: { PASSWORD: { name: names.cacheCredentials, key: secretKeys.redis } },
        priorityClass,
    });
}
