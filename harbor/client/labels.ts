import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

export interface Label {
    readonly id: number;
    readonly name: string;
    readonly description: string;
    /** `#0095D3` */
    readonly color: string;
    /** g: of all projects, p: of one */
    readonly scope: "g" | "p";
    /** 0 for one of all projects. */
    readonly project_id: number;
    readonly creation_time?: string;
    readonly update_time?: string;
}

export type NewLabel = Pick<Label, "name" | "scope"> & Partial<Pick<Label, "description" | "color" | "project_id">>;

const labelShape = {
    dates: ["creation_time", "update_time"],
    defaults: { description: "", color: "", project_id: 0 },
} as const;

/** Labels of artifacts. */
export class Labels {
    constructor(private readonly api: Api) {}

    /** GET /labels. @param projectId its labels; without: those of all projects */
    list(projectId?: number, options?: ListCall): Listing<Label> {
        const query = projectId === undefined ? { scope: "g" } : { scope: "p", project_id: projectId };
        return this.api.list<Label>("/labels", labelShape, options, { query });
    }

    /** GET /labels/{label_id} */
    get(id: number, options?: CallOptions): Promise<Label> {
        return this.api.get<Label>(path`/labels/${id}`, labelShape, options);
    }

    /** POST /labels. @returns its number */
    create(label: NewLabel, options?: CallOptions): Promise<number> {
        return this.api.create("/labels", label, options);
    }

    /** PUT /labels/{label_id}: replaces it. */
    update(id: number, label: NewLabel, options?: CallOptions): Promise<void> {
        return this.api.put(path`/labels/${id}`, label, options);
    }

    /** DELETE /labels/{label_id} */
    delete(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/labels/${id}`, options);
    }
}
