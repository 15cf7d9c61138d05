import type { DataSet } from "../../../appliance/dicom/index.ts";

export interface SyntheticPatient {
  readonly patientID: string;
  readonly issuerOfPatientID?: string;
  /** VR PN. */
  readonly patientName: string;
  /** `YYYYMMDD` */
  readonly birthDate: string;
  readonly sex: "M" | "F" | "O";
}

export interface SeriesPlan {
  readonly kind: "CT" | "MR" | "SR" | "PDF";
  /** 1 unless said otherwise. */
  readonly images?: number;
  /** Rows and columns of an image; 64 unless said otherwise. */
  readonly size?: number;
  readonly description?: string;
}

export interface SyntheticInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** The transfer syntax that the sandbox keeps it in. */
  readonly transferSyntax: string;
  readonly dataSet: DataSet;
}

export interface SyntheticStudy {
  readonly studyInstanceUID: string;
  readonly instances: readonly SyntheticInstance[];
}

/** What the maker of one instance knows. */
export interface InstancePlan {
  readonly study: {
    readonly studyInstanceUID: string;
    readonly patient: SyntheticPatient;
    readonly accessionNumber: string;
    readonly studyID: string;
    readonly description: string;
    readonly studyDate: string;
    readonly studyTime: string;
    readonly referringPhysicianName: string;
  };
  readonly series: SeriesPlan;
  readonly seriesInstanceUID: string;
  readonly seriesNumber: number;
  readonly sopInstanceUID: string;
  readonly frameOfReferenceUID: string;
  /** From 0, within the series. */
  readonly index: number;
}
