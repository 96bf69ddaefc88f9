import { Job } from "@pulumi/kubernetes/batch/v1/job";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/schema";
import { cacheValues } from "./cache-values";
import { redisFailover, type RedisFailover } from "./cache/failovers";
import { readySpec } from "./cache/ready";
import type { ChartValues, HarborPart } from "./chart-values";
import { checksumOf } from "./checksum";
import { makeObject } from "./custom-object";
import { names, secretKeys } from "./names";
import { madePassword } from "./password";

export interface CacheArgs {
    readonly settings: Settings;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** What servers of the cache's operator depend on; empty where the cluster has that already. */
    readonly operator: readonly pulumi.Resource[];
}

/** Harbor's Redis: the chart's own, replication and Sentinels of an operator, or servers that exist. */
export class Cache extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    /** The chart looks the Secret up when it is rendered, and writes an empty password where it is not there yet. */
    readonly ready: readonly pulumi.Resource[] = [this];
    /** Passwords that the program knows: the chart writes them where only a new rendering changes them (pains 12). */
    readonly secrets: pulumi.Output<string>[] = [];

    constructor(
        private readonly name: string,
        private readonly args: CacheArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Cache", name, {}, opts);
        const { cache, placement } = args.settings;
        this.values = cacheValues(args.settings);
        const failover = redisFailover(cache, placement);
        if (failover !== undefined) this.failover(failover);
        else if ("password" in cache && cache.password !== undefined) this.given(cache.password, cache.user);
        this.registerOutputs({});
    }

    private failover(failover: RedisFailover): void {
        const password = madePassword(`${this.name}-password`, this);
        const credentials = this.credentials({
            [secretKeys.redis]: password,
            [secretKeys.redisFailover]: password,
        });
        const checksum = checksumOf([password]);
        const { apiVersion, kind, name, spec, annotations } = failover;
        const servers = makeObject(
            `${this.name}-servers`,
            { apiVersion, kind, metadata: { name, annotations: annotations(checksum) }, spec: spec(checksum) },
            this.args.namespace,
            { parent: this, dependsOn: [credentials, ...this.args.operator] },
        );
        if (failover.unprotectedSentinels !== undefined) this.protect(failover.unprotectedSentinels);
        if (failover.silent) this.await(failover, servers);
    }

    /** One Sentinel at a time may be drained, so that the others can still agree. */
    private protect(matchLabels: Readonly<Record<string, string>>): void {
        new PodDisruptionBudget(
            `${this.name}-sentinels`,
            {
                metadata: { name: names.cacheSentinels, namespace: this.args.namespace },
                spec: { maxUnavailable: 1, selector: { matchLabels } },
            },
            { parent: this },
        );
    }

    private await({ sentinels }: RedisFailover, servers: pulumi.Resource): void {
        new Job(
            `${this.name}-ready`,
            {
                metadata: { name: names.cacheReady, namespace: this.args.namespace },
                spec: readySpec(sentinels[0] ?? "", this.args.settings.placement),
            },
            { parent: this, deleteBeforeReplace: true, dependsOn: [servers] },
        );
    }

    private given(password: string, user: string | undefined): void {
        this.credentials({
            [secretKeys.redis]: pulumi.secret(password),
            ...(user === undefined ? {} : { [secretKeys.redisUser]: pulumi.secret(user) }),
        });
    }

    private credentials(stringData: Readonly<Record<string, pulumi.Output<string>>>): Secret {
        this.secrets.push(...new Set(Object.values(stringData)));
        return new Secret(
            `${this.name}-credentials`,
            { metadata: { name: names.cacheCredentials, namespace: this.args.namespace }, stringData },
            { parent: this },
        );
    }
}
