import { z } from "zod";
import type { Tables } from "./store/store";

/** Settings that the API shows and takes, with their defaults. Source: src/lib/config/metadata/metadatalist.go. */
const defaults = {
    audit_log_forward_endpoint: "",
    auth_mode: "db_auth",
    banner_message: "",
    disabled_audit_log_event_types: "",
    http_authproxy_admin_groups: "",
    http_authproxy_admin_usernames: "",
    http_authproxy_endpoint: "",
    http_authproxy_server_certificate: "",
    http_authproxy_skip_search: false,
    http_authproxy_tokenreview_endpoint: "",
    http_authproxy_verify_cert: true,
    ldap_base_dn: "",
    ldap_filter: "",
    ldap_group_admin_dn: "",
    ldap_group_attach_parallel: false,
    ldap_group_attribute_name: "",
    ldap_group_base_dn: "",
    ldap_group_membership_attribute: "memberof",
    ldap_group_search_filter: "",
    ldap_group_search_scope: 2,
    ldap_scope: 2,
    ldap_search_dn: "",
    ldap_timeout: 5,
    ldap_uid: "cn",
    ldap_url: "",
    ldap_verify_cert: true,
    notification_enable: true,
    oidc_admin_group: "",
    oidc_auto_onboard: false,
    oidc_client_id: "",
    oidc_endpoint: "",
    oidc_extra_redirect_parms: "{}",
    oidc_group_filter: "",
    oidc_groups_claim: "",
    oidc_logout: false,
    oidc_name: "",
    oidc_scope: "",
    oidc_user_claim: "",
    oidc_verify_cert: true,
    primary_auth_mode: false,
    project_creation_restriction: "everyone",
    quota_per_project_enable: true,
    read_only: false,
    robot_name_prefix: "robot$",
    robot_token_duration: 30,
    scanner_skip_update_pulltime: false,
    self_registration: false,
    session_timeout: 60,
    skip_audit_log_database: false,
    storage_per_project: -1,
    token_expiration: 30,
    uaa_client_id: "",
    uaa_endpoint: "",
    uaa_verify_cert: false,
} as const;

/** Taken, and never shown. */
const passwords = ["ldap_search_password", "oidc_client_secret", "uaa_client_secret"];

export type Setting = keyof typeof defaults;

const typeOf = (value: unknown): z.ZodType<string | number | boolean> =>
    typeof value === "string" ? z.string() : typeof value === "number" ? z.int() : z.boolean();

/** What PUT /configurations takes: any of them, of its default's type; a key that is none is left out, as Harbor does. */
export const configurationChange = z
    .object(
        Object.fromEntries([
            ...Object.entries(defaults).map(([name, value]) => [name, typeOf(value)] as const),
            ...passwords.map((name) => [name, z.string()] as const),
        ]),
    )
    .partial();

/** Harbor's settings, in the table `properties`. */
export class Configuration {
    /** @param fixed those that the deployment decides (CONFIG_OVERWRITE_JSON): the API may then change none */
    constructor(
        private readonly tables: Tables,
        private readonly fixed?: Readonly<Record<string, unknown>>,
    ) {}

    get isFixed(): boolean {
        return this.fixed !== undefined;
    }

    async all(): Promise<Readonly<Record<Setting, unknown>>> {
        const rows = await this.tables.properties.all();
        const kept = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
        const known = Object.keys(defaults) as Setting[];
        return Object.fromEntries(
            known.map((name) => [name, this.fixed?.[name] ?? kept[name] ?? defaults[name]]),
        ) as Readonly<Record<Setting, unknown>>;
    }

    private async value(name: Setting): Promise<unknown> {
        return this.fixed?.[name] ?? (await this.tables.properties.find({ name }))?.value ?? defaults[name];
    }

    async flag(name: Setting): Promise<boolean> {
        return (await this.value(name)) === true;
    }

    async text(name: Setting): Promise<string> {
        return z.string().parse(await this.value(name));
    }

    async number(name: Setting): Promise<number> {
        return z.number().parse(await this.value(name));
    }

    async change(values: Readonly<Record<string, unknown>>): Promise<void> {
        for (const [name, value] of Object.entries(values)) {
            const row = await this.tables.properties.find({ name });
            if (row) await this.tables.properties.update(row.id, { value });
            else await this.tables.properties.insert({ name, value });
        }
    }
}
