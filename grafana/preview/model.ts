/** As much of Grafana's dashboard model as our dashboards use. */

export interface Mapping {
  readonly type: 'value' | 'range';
  readonly options: Readonly<Record<string, unknown>>;
}

export interface MappedText {
  readonly text?: string;
  readonly color?: string;
}

export interface Threshold {
  readonly value: number | null;
  readonly color: string;
}

export interface FieldDefaults {
  readonly unit?: string;
  readonly decimals?: number;
  readonly noValue?: string;
  readonly mappings?: readonly Mapping[];
  readonly thresholds?: { readonly steps: readonly Threshold[] };
  readonly custom?: { readonly lineInterpolation?: string; readonly axisSoftMax?: number };
}

export interface Override {
  readonly matcher: { readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: FieldDefaults;
    readonly overrides: readonly Override[];
  };
  readonly options?: { readonly textMode?: string };
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: Readonly<Record<string, Readonly<Record<string, unknown>> & string>>;
  }[];
}

export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: {
    readonly list?: readonly { readonly expr: string; readonly iconColor: string }[];
  };
}

/** One series of a panel. A point that is missing is null. */
export interface Series {
  readonly refId: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

export interface PanelData {
  /** Seconds, evenly spaced; one for an instant query. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** What a panel is drawn into, in pixels, and the window of time. */
export interface Place {
  readonly element: HTMLElement;
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
}
