import { z } from "zod";

/** Fields that several parts of the settings have. */

export const name = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits, hyphens");

export const host = z
    .string()
    .regex(
        /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        "must be a host name or an address such as registry.example.com",
    );

export const size = z.string().regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "must be a size such as 10Gi");

export const port = z.int().min(1, "must be 1 or more").max(65_535, "must be 65535 or less");

export const count = (most: number): z.ZodInt =>
    z
        .int("must be a whole number")
        .min(1, "must be 1 or more")
        .max(most, `must be ${String(most)} or less`);

/** Kept in the stack's settings by `pulumi config set --secret`, and never shown. */
export const secret = z.string().min(1, "must not be empty");

export const bucket = z
    .string()
    .regex(
        /^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$/,
        "must be a bucket name: 3 to 63 lower-case letters, digits, hyphens, dots",
    );

export const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http(s) URL" });
