import { UserError, type UserErrorOptions } from "../../lib/errors";

/** Why an object store did not do what it was asked. */
export type ObjectStoreFailure =
    | "unreachable"
    | "keys" // wrong access key or secret key
    | "denied" // the keys are right, but may not
    | "no-bucket"
    | "missing" // no such object
    | "full"
    | "clock" // this machine's clock is off
    | "truncated"
    | "mismatch" // the content is not what its digest says
    | "order" // a listing that is not sorted
    | "refused";

/** Says which bucket and key, what the server said, and what to do; holds no secret. */
export class ObjectStoreError extends UserError {
    constructor(
        message: string,
        readonly kind: ObjectStoreFailure,
        options: UserErrorOptions = {},
    ) {
        super(message, options);
        this.name = "ObjectStoreError";
    }
}
