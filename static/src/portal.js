// The portal's own script. Every page works without it; it makes pages smooth.
import './js/policy.js';
import './js/dialog.js';
import './js/feedback.js';
import './js/forms.js';
import './js/frame.js';
import './js/fragment.js';
