import type { CallOptions } from "./deadline";
import { HarborError } from "./errors";
import { Listing, type ListOptions } from "./listing";
import { idOfLocation, projectHeader, type ProjectRef } from "./paths";
import { tidy, tidyAll, type Shape } from "./tidy";
import type { Answer, Call, Query, Transport } from "./transport";

/** What a request has beside its path. */
export interface Extras {
    readonly query?: Query;
    /** The project in the path: Harbor is told whether it is a name. */
    readonly project?: ProjectRef;
    readonly idempotent?: boolean;
}

/** What a call that lists takes. */
export type ListCall = CallOptions & ListOptions;

/** The few forms that Harbor's requests have; the resources beside this file are made of them. */
export class Api {
    constructor(private readonly transport: Transport) {}

    /** An object. @throws HarborError for an empty answer, too */
    async get<T extends object>(
        path: string,
        shape: Shape<T>,
        options: CallOptions = {},
        extras: Extras = {},
    ): Promise<T> {
        const found = await this.getIfSet(path, shape, options, extras);
        if (found === undefined) throw emptyError(`GET ${path}`);
        return found;
    }

    /** An object, or undefined where Harbor answers with an empty body: a schedule that was never set. */
    async getIfSet<T extends object>(
        path: string,
        shape: Shape<T>,
        options: CallOptions = {},
        extras: Extras = {},
    ): Promise<T | undefined> {
        const value = (await this.send({ method: "GET", path }, options, extras)).json();
        return value === undefined || value === null ? undefined : tidy(object(value, `GET ${path}`) as T, shape);
    }

    /** A text that is no JSON: the log of a job. */
    async getText(path: string, options: CallOptions = {}): Promise<string> {
        return (await this.send({ method: "GET", path, headers: { accept: "text/plain" } }, options, {})).text;
    }

    /** A list that Harbor gives as a whole. */
    async getAll<T extends object>(
        path: string,
        shape: Shape<T>,
        options: CallOptions = {},
        extras: Extras = {},
    ): Promise<T[]> {
        return items(await this.send({ method: "GET", path }, options, extras), `GET ${path}`, shape);
    }

    /** A list that Harbor gives by pages. */
    list<T extends object>(path: string, shape: Shape<T>, options: ListCall = {}, extras: Extras = {}): Listing<T> {
        const call = this.complete({ method: "GET", path }, extras);
        return new Listing(
            this.transport,
            call,
            (answer) => items(answer, `GET ${path}`, shape),
            () => this.transport.deadline(options),
            options,
        );
    }

    /** Whether there is such a thing: 200 or 404. */
    async exists(path: string, query: Query, options: CallOptions = {}): Promise<boolean> {
        const { status } = await this.send({ method: "HEAD", path, allow: [404] }, options, { query });
        return status !== 404;
    }

    /** Makes something. @returns its number, from the Location */
    async create(path: string, body: object, options: CallOptions = {}, extras: Extras = {}): Promise<number> {
        const answer = await this.send({ method: "POST", path, body }, options, extras);
        const id = idOfLocation(answer.header("location"));
        if (id === undefined) throw emptyError(`POST ${path}`, "without the Location of what was made");
        return id;
    }

    /** Makes something that Harbor answers with. */
    async createReturning<T extends object>(
        path: string,
        body: object,
        shape: Shape<T>,
        options: CallOptions = {},
    ): Promise<T> {
        const value = (await this.send({ method: "POST", path, body }, options, {})).json();
        return tidy(object(value, `POST ${path}`) as T, shape);
    }

    /** Starts or asks for something that has no number. */
    async post(path: string, body: object | undefined, options: CallOptions = {}, extras: Extras = {}): Promise<void> {
        await this.send({ method: "POST", path, ...(body === undefined ? {} : { body }) }, options, extras);
    }

    async put(path: string, body: object | undefined, options: CallOptions = {}, extras: Extras = {}): Promise<void> {
        await this.send({ method: "PUT", path, ...(body === undefined ? {} : { body }) }, options, extras);
    }

    async patch(path: string, body: object, options: CallOptions = {}): Promise<unknown> {
        return (await this.send({ method: "PATCH", path, body }, options, {})).json();
    }

    async delete(path: string, options: CallOptions = {}, extras: Extras = {}): Promise<void> {
        await this.send({ method: "DELETE", path }, options, extras);
    }

    private send(call: Call, options: CallOptions, extras: Extras): Promise<Answer> {
        return this.transport.send(this.complete(call, extras), this.transport.deadline(options));
    }

    private complete(call: Call, { query, project, idempotent }: Extras): Call {
        return {
            ...call,
            ...(query === undefined ? {} : { query }),
            ...(idempotent === undefined ? {} : { idempotent }),
            ...(project === undefined ? {} : { headers: { ...call.headers, ...projectHeader(project) } }),
        };
    }
}

function items<T extends object>(answer: Answer, endpoint: string, shape: Shape<T>): T[] {
    // An empty list is [] or, of some endpoints, null or nothing at all.
    const value = answer.json() ?? [];
    if (!Array.isArray(value)) throw emptyError(endpoint, "with something other than a list");
    const list = value as T[];
    tidyAll(list, shape);
    return list;
}

function object(value: unknown, endpoint: string): object {
    if (typeof value !== "object" || value === null) throw emptyError(endpoint);
    return value;
}

function emptyError(endpoint: string, how = "with nothing"): HarborError {
    return new HarborError(`${endpoint}: Harbor answered ${how}`, { kind: "unexpected", endpoint });
}
