package app

import "ghasi.io/portal/platform"

// firebase is whose ID tokens the embedded platform takes: nobody's, unless the window is open.
func (a *App) firebase() platform.Firebase {
	if !a.cfg.FirebaseLogin {
		return platform.Firebase{}
	}
	return platform.Firebase{Project: a.cfg.FirebaseProject, CertsURL: a.cfg.FirebaseCerts}
}
